import type { Clock } from '../domain/ports.ts'

const INTERVAL_MS = 250

export interface MemoryWatch {
  readonly clock: Clock
  /** The memory now, in MiB; null when there is nobody left to take any. */
  readonly rssMb: () => number | null
  /** Called with the resident memory, in MiB, four times a second. */
  readonly onSample: (rssMb: number) => void
}

/** Samples memory until the signal aborts. What cannot be seen is looked at again. */
export async function watchMemory({ clock, rssMb, onSample }: MemoryWatch, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const nowMb = rssMb()
    if (nowMb !== null) onSample(nowMb)
    await clock.sleep(INTERVAL_MS, signal)
  }
}
