import type { Gpu } from '../domain/gpu.ts'
import type { GpuMonitor } from './gpu-monitor.ts'
import { freeRamMb } from './free-memory.ts'

/**
 * Memory that an engine could take on this GPU now, in MiB, whoever uses the rest: its own, or the machine's where it computes
 * in that. Null when its driver does not tell. The reading is at most a second old.
 */
export async function freeVramMb(monitor: Pick<GpuMonitor, 'read'>, gpu: Gpu, signal: AbortSignal): Promise<number | null> {
  if (gpu.hasSharedMemory) return freeRamMb()
  const { readings } = await monitor.read(signal)
  return readings.find(({ index }) => index === gpu.index)?.vramFreeMb ?? null
}
