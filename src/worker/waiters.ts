/** Those who wait for a condition that others bring about. */
export class Waiters {
  readonly #wakes = new Set<() => void>()

  /** Resolves when the condition holds or the signal aborts. `isMet` is asked at once and after each `wake`. */
  async until(isMet: () => boolean, signal: AbortSignal): Promise<void> {
    while (!isMet() && !signal.aborted) await this.#next(signal)
  }

  /** To be called when the condition may have come to hold. */
  wake(): void {
    for (const wake of this.#wakes) wake()
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakes.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#wakes.add(wake)
      signal.addEventListener('abort', wake)
    })
  }
}
