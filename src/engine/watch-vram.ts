import type { Clock } from '../domain/ports.ts'

const INTERVAL_MS = 1_000

export interface VramWatch {
  readonly clock: Clock
  /** Free memory of the card in MiB; null when its driver does not tell. */
  readonly freeMb: (signal: AbortSignal) => Promise<number | null>
  /** What was free before the engine took any; null when nobody told. */
  readonly baselineMb: number | null
  /** Called with what has been taken since, by whomever. */
  readonly onSample: (takenMb: number) => void
}

/** Samples a card's memory once a second until the signal aborts. */
export async function watchVram({ clock, freeMb, baselineMb, onSample }: VramWatch, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const free = await freeMb(signal)
    if (signal.aborted) return
    if (free !== null && baselineMb !== null) onSample(Math.max(0, baselineMb - free))
    await clock.sleep(INTERVAL_MS, signal)
  }
}
