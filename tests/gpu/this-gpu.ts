import { GpuInspector } from '../../src/hardware/gpu-inspector.ts'
import { GpuMonitor } from '../../src/hardware/gpu-monitor.ts'
import { MachineGpus } from '../../src/daemon/machine-gpus.ts'
import { SystemClock } from '../../src/platform/system-clock.ts'
import { SILENT } from '../support/test-machine.ts'

/** The GPU of this machine that the tests run on: a real one if there is one, else Vulkan in software. Throws without either. */
export async function thisGpu(): Promise<MachineGpus> {
  const source = new GpuInspector({ environment: process.env })
  const clock = new SystemClock()
  const monitor = new GpuMonitor({ source, clock, logger: SILENT })
  await monitor.probe(new AbortController().signal)
  const gpu =
    monitor.gpus.find(({ isUsable, vendor }) => isUsable && vendor !== 'software') ??
    monitor.gpus.find(({ isUsable }) => isUsable)
  if (gpu === undefined) {
    const reasons = [...monitor.problems, ...monitor.gpus.map(({ problem }) => problem)].map((problem) => problem?.message)
    throw new Error(`no GPU, not even in software: install mesa-vulkan-drivers and vulkan-tools (${reasons.join('; ')})`)
  }
  return new MachineGpus({ monitor, accelMode: 'gpu', devices: [String(gpu.index)], clock, logger: SILENT })
}
