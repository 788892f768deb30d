import type { Clock } from '../domain/ports.ts'

const WINDOW_MS = 120_000
/** About 9 kB/s: no line that is worth mining over is slower. */
const LEAST_BYTES = 1024 * 1024
/** What a connection counts for, however soon it breaks off. */
const CONNECTION_MS = 1000
/** Longer silences are not the server's: it would have been given up. This process or its machine was stopped. */
const LONGEST_MS = 60_000

/**
 * Whether a download gets on. A server that sends a byte now and then would keep a job's slot, and all others that want the same
 * model, for as long as it likes.
 */
export class DownloadPace {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  #lastMs = 0
  #spentMs = 0
  #bytes = 0

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** The server begins to send. Only time from here on is its own. */
  begin(): void {
    this.#lastMs = this.#clock.monotonicMs()
    this.#spentMs += CONNECTION_MS
  }

  /** Takes note of what has come. False when it was less than 1 MiB in two minutes. */
  advance(bytes: number): boolean {
    const nowMs = this.#clock.monotonicMs()
    this.#spentMs += Math.min(nowMs - this.#lastMs, LONGEST_MS)
    this.#lastMs = nowMs
    this.#bytes += bytes
    if (this.#spentMs < WINDOW_MS) return true
    const isFast = this.#bytes >= LEAST_BYTES
    this.#spentMs = 0
    this.#bytes = 0
    return isFast
  }
}
