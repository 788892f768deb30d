import type { Clock } from '../domain/ports.ts'
import { groupRssMb, processRssMb } from './process-group.ts'

const INTERVAL_MS = 250

export interface MemoryWatch {
  readonly clock: Clock
  readonly groupId: number
  /** Whether someone set a limit: then all processes of the group count, which costs a look at every process of the machine. */
  readonly isLimited: () => boolean
  /** Called with the resident memory, in MiB, four times a second. */
  readonly onSample: (rssMb: number) => void
}

/** Samples the memory of a process, or of its group, until the signal aborts or it is gone. */
export async function watchMemory({ clock, groupId, isLimited, onSample }: MemoryWatch, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const rssMb = isLimited() ? groupRssMb(groupId) : processRssMb(groupId)
    if (rssMb === null) return
    onSample(rssMb)
    await clock.sleep(INTERVAL_MS, signal)
  }
}
