import type { Clock } from '../domain/ports.ts'
import { groupRssMb } from './process-group.ts'

const INTERVAL_MS = 250

export interface MemoryWatch {
  readonly clock: Clock
  readonly groupId: number
  /** Called with the resident memory of the group, in MiB, four times a second. */
  readonly onSample: (rssMb: number) => void
}

/** Samples the memory of a process group until the signal aborts or the group is gone. */
export async function watchMemory({ clock, groupId, onSample }: MemoryWatch, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const rssMb = groupRssMb(groupId)
    if (rssMb === null) return
    onSample(rssMb)
    await clock.sleep(INTERVAL_MS, signal)
  }
}
