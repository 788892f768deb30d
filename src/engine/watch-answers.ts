import type { Clock } from '../domain/ports.ts'

/** Silent looks in a row that make a child given up: counted, so that a pause of this process itself is one and not many. */
const LOOKS = 4

export interface AnswerWatch {
  readonly clock: Clock
  /** How long a child may say nothing at all. */
  readonly limitMs: number
  /** Asks it to say something. */
  readonly ask: () => void
  /** Messages heard from it so far. */
  readonly heard: () => number
  /** Called once when it stayed silent. */
  readonly onSilence: () => void
}

/** Asks a child for a sign of life now and then, until the signal aborts or none comes. */
export async function watchAnswers({ clock, limitMs, ask, heard, onSilence }: AnswerWatch, signal: AbortSignal): Promise<void> {
  let last = heard()
  for (let silent = 0; silent < LOOKS;) {
    await clock.sleep(limitMs / LOOKS, signal)
    if (signal.aborted) return
    silent = heard() === last ? silent + 1 : 0
    last = heard()
    ask()
  }
  onSilence()
}
