import type { Clock } from '../domain/ports.ts'

/** A wait that can be cut short. A notification that comes while nobody waits ends the next wait at once. */
export class WakeUp {
  readonly #clock: Clock
  #wake: (() => void) | null = null
  #isPending = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  notify(): void {
    if (this.#wake === null) this.#isPending = true
    else this.#wake()
  }

  /** Resolves after `ms` (null: no limit), on `notify`, or when the signal aborts. One waiter at a time. */
  async wait(ms: number | null, signal: AbortSignal): Promise<void> {
    if (this.#isPending || signal.aborted) {
      this.#isPending = false
      return
    }
    if (ms === null) await this.#untilWoken(signal)
    else await this.#untilWokenOr(ms, signal)
    this.#wake = null
  }

  #untilWoken(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        signal.removeEventListener('abort', resolveNow)
        resolve()
      }
      const resolveNow = this.#wake
      signal.addEventListener('abort', resolveNow, { once: true })
    })
  }

  async #untilWokenOr(ms: number, signal: AbortSignal): Promise<void> {
    const sleep = new AbortController()
    // With a reason of its own: the default one is an error with a stack.
    const wake = (): void => sleep.abort('woken')
    this.#wake = wake
    signal.addEventListener('abort', wake, { once: true })
    await this.#clock.sleep(ms, sleep.signal)
    signal.removeEventListener('abort', wake)
  }
}
