import type { Clock } from '../domain/ports.ts'

/** The coordinator's clock as far as its answers tell: leases and deadlines are judged by it, not by ours. */
export class ServerClock {
  readonly #clock: Clock
  #offsetMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes the server time out of an answer just received. */
  observe(serverTimeMs: number | null): void {
    if (serverTimeMs !== null) this.#offsetMs = serverTimeMs - this.#clock.nowMs()
  }

  /** How far the coordinator's clock is ahead of ours; negative when it is behind. */
  get offsetMs(): number {
    return this.#offsetMs
  }

  /** Milliseconds until the given ISO 8601 time by the coordinator's clock; null for text that is no time. */
  untilMs(isoTime: string): number | null {
    const atMs = Date.parse(isoTime)
    return Number.isNaN(atMs) ? null : atMs - (this.#clock.nowMs() + this.#offsetMs)
  }
}
