import type { Clock } from '../domain/ports.ts'

/** A wait that can be cut short. A notification that comes while nobody waits ends the next wait at once. */
export class WakeUp {
  readonly #clock: Clock
  #waiting: AbortController | null = null
  #isPending = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  notify(): void {
    if (this.#waiting === null) this.#isPending = true
    else this.#waiting.abort()
  }

  /** Resolves after `ms` (null: no limit), on `notify`, or when the signal aborts. One waiter at a time. */
  async wait(ms: number | null, signal: AbortSignal): Promise<void> {
    if (this.#isPending || signal.aborted) {
      this.#isPending = false
      return
    }
    const waiting = new AbortController()
    const onAbort = (): void => waiting.abort()
    signal.addEventListener('abort', onAbort, { once: true })
    this.#waiting = waiting
    try {
      await this.#clock.sleep(ms ?? Number.POSITIVE_INFINITY, waiting.signal)
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#waiting = null
    }
  }
}
