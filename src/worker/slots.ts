import { Waiters } from './waiters.ts'

/** The places in which jobs run: `MAX_CONCURRENCY` of them. */
export class Slots {
  readonly total: number
  #busy = 0
  readonly #waiters = new Waiters()

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
    this.#waiters.wake()
  }

  /** Resolves when a slot is free or the signal aborts; takes none. */
  whenFree(signal: AbortSignal): Promise<void> {
    return this.#waiters.until(() => this.free > 0, signal)
  }
}
