import type { MinerConfig } from '../../config/miner-config.ts'
import type { Gpu, GpuProblem } from '../../domain/gpu.ts'
import type { Clock } from '../../domain/ports.ts'
import { GpuInspector } from '../../hardware/gpu-inspector.ts'
import { GpuMonitor } from '../../hardware/gpu-monitor.ts'
import { selectGpus } from '../../hardware/select-gpus.ts'
import { silentLogger } from '../../platform/silent-logger.ts'
import { MachineGpus } from '../machine-gpus.ts'

export interface DoctorMachineDeps {
  readonly config: MinerConfig
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
}

/** What one look at the cards gave. */
export interface GpuLook {
  /** Those that GPU_DEVICES names, usable or not. */
  readonly selected: readonly Gpu[]
  /** Why GPU_DEVICES cannot be obeyed; else null. */
  readonly selectionProblem: string | null
  /** What keeps a whole vendor's cards from being seen. */
  readonly problems: readonly GpuProblem[]
  /** The same cards as engines see them. */
  readonly machine: MachineGpus
}

/** The cards of this machine, looked for once, by the same code as the miner's. */
export class DoctorMachine {
  readonly #deps: DoctorMachineDeps
  #look: Promise<GpuLook> | null = null

  constructor(deps: DoctorMachineDeps) {
    this.#deps = deps
  }

  look(signal: AbortSignal): Promise<GpuLook> {
    this.#look ??= this.#lookNow(signal)
    return this.#look
  }

  async #lookNow(signal: AbortSignal): Promise<GpuLook> {
    const { config, environment, clock } = this.#deps
    const { accelMode, gpuDevices: devices } = config
    const logger = silentLogger()
    const monitor = new GpuMonitor({ source: new GpuInspector({ environment }), clock, logger })
    if (accelMode !== 'cpu') await monitor.probe(signal)
    const selection = selectGpus(monitor.gpus, devices)
    return {
      selected: accelMode === 'cpu' || !selection.ok ? [] : selection.gpus,
      selectionProblem: selection.ok || accelMode === 'cpu' ? null : selection.message,
      problems: monitor.problems,
      machine: new MachineGpus({ monitor, accelMode, devices, clock, logger }),
    }
  }
}
