import type { JobProgress } from '../domain/engine.ts'
import type { Clock } from '../domain/ports.ts'

/** A reader notices no shorter delay, and each event costs the coordinator a message. */
const FLUSH_MS = 40

/** Hands a text on in pieces as it grows, not more often than every 40 ms. */
export class TokenRelay {
  readonly #clock: Clock
  readonly #onProgress: (progress: JobProgress) => void
  #pending = ''
  #sentMs = -Infinity

  constructor(clock: Clock, onProgress: (progress: JobProgress) => void) {
    this.#clock = clock
    this.#onProgress = onProgress
  }

  push(text: string): void {
    this.#pending += text
    if (this.#clock.monotonicMs() - this.#sentMs >= FLUSH_MS) this.flush()
  }

  /** Hands on what is left. */
  flush(): void {
    if (this.#pending === '') return
    this.#sentMs = this.#clock.monotonicMs()
    this.#onProgress({ type: 'token', data: this.#pending })
    this.#pending = ''
  }
}
