import type { MinerConfig } from '../config/miner-config.ts'
import type { EnergyMeasure } from '../domain/energy.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import { EnergyMeter } from '../hardware/energy/energy-meter.ts'
import { RaplCounter } from '../hardware/energy/rapl-counter.ts'
import { GpuInspector } from '../hardware/gpu-inspector.ts'
import { GpuMonitor } from '../hardware/gpu-monitor.ts'
import { MachineGpus } from './machine-gpus.ts'

/** A driver that takes longer holds the start up no more: its cards are taken in when it answers. */
const FIRST_LOOK_MS = 3_000

export interface OpenMachineDeps {
  readonly config: MinerConfig
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly logger: Logger
}

export interface Machine {
  readonly gpus: MachineGpus
  readonly energy: EnergyMeasure
  /** Ends the watch over GPUs and meters. */
  close(): Promise<void>
}

/** Looks for the GPUs and goes on watching them and the energy meters, until it is closed. */
export async function openMachine({ config, environment, clock, logger }: OpenMachineDeps): Promise<Machine> {
  const closing = new AbortController()
  const monitor = new GpuMonitor({ source: new GpuInspector({ environment }), clock, logger })
  const gpus = new MachineGpus({ monitor, accelMode: config.accelMode, devices: config.gpuDevices, clock, logger })
  const energy = new EnergyMeter({ gpus: monitor, cpu: new RaplCounter('/sys/class/powercap'), clock })
  const loops = [energy.run(closing.signal)]
  if (config.accelMode !== 'cpu') {
    const firstLook = monitor.probe(closing.signal)
    loops.push(firstLook.then(() => monitor.run(closing.signal)))
    const inTime = new AbortController()
    await Promise.race([firstLook, clock.sleep(FIRST_LOOK_MS, inTime.signal)])
    inTime.abort()
    gpus.report()
  }
  return {
    gpus,
    energy,
    close: async () => {
      closing.abort()
      await Promise.all(loops)
    },
  }
}
