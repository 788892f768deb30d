/** The places in which jobs run: `MAX_CONCURRENCY` of them. */
export class Slots {
  readonly total: number
  #busy = 0
  #waiters: (() => void)[] = []

  constructor(total: number) {
    this.total = total
  }

  get busy(): number {
    return this.#busy
  }

  get free(): number {
    return this.total - this.#busy
  }

  /** Takes a slot even when all are busy: a job that was accepted before the daemon died comes back whatever the setting is now. */
  take(): void {
    this.#busy += 1
  }

  release(): void {
    this.#busy -= 1
    if (this.free > 0) for (const wake of this.#waiters.splice(0)) wake()
  }

  /** Resolves when a slot is free or the signal aborts; takes none. */
  async whenFree(signal: AbortSignal): Promise<void> {
    while (this.free <= 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal.removeEventListener('abort', done)
          resolve()
        }
        this.#waiters.push(done)
        signal.addEventListener('abort', done, { once: true })
      })
    }
  }
}
