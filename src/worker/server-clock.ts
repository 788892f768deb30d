import type { Clock } from '../domain/ports.ts'

/**
 * The coordinator's clock as far as its answers tell: leases and deadlines are judged by it, not by ours. From one answer to the next it
 * goes on with the monotonic clock, so that nobody who sets the clock of this machine moves them.
 */
export class ServerClock {
  readonly #clock: Clock
  /** The coordinator's time less the monotonic one; null before the first answer that tells. */
  #offsetMs: number | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes the server time out of an answer just received. */
  observe(serverTimeMs: number | null): void {
    if (serverTimeMs !== null) this.#offsetMs = serverTimeMs - this.#clock.monotonicMs()
  }

  /** Milliseconds until the given ISO 8601 time by the coordinator's clock; null for text that is no time. */
  untilMs(isoTime: string): number | null {
    const atMs = Date.parse(isoTime)
    if (Number.isNaN(atMs)) return null
    return atMs - (this.#offsetMs === null ? this.#clock.nowMs() : this.#clock.monotonicMs() + this.#offsetMs)
  }
}
