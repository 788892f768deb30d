import type { Clock } from '../domain/ports.ts'

/** On top of each limit: a machine that is busy or was suspended may be late without anything being wrong. */
const SLACK_MS = 60_000

/**
 * Shows from outside whether a loop still turns. The loop names a limit for each wait that must end by itself (a request, a
 * pause); one that lasts longer means that the loop hangs. Waits that may last for ever, such as the one for a free slot,
 * are not announced.
 */
export class LoopProgress {
  /** For the log: `poll`, `heartbeat`, `delivery`. */
  readonly name: string
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #limits = new Set<{ readonly atMs: number }>()

  constructor(name: string, clock: Pick<Clock, 'monotonicMs'>) {
    this.name = name
    this.#clock = clock
  }

  /** Settles as `work` does, which must be within `limitMs`. Several may be under way at once. */
  async within<T>(limitMs: number, work: Promise<T>): Promise<T> {
    const limit = { atMs: this.#clock.monotonicMs() + limitMs + SLACK_MS }
    this.#limits.add(limit)
    try {
      return await work
    } finally {
      this.#limits.delete(limit)
    }
  }

  /** By how much the longest overdue wait is late; 0 as long as the loop turns. */
  get overdueMs(): number {
    const nowMs = this.#clock.monotonicMs()
    let overdueMs = 0
    for (const { atMs } of this.#limits) overdueMs = Math.max(overdueMs, nowMs - atMs)
    return overdueMs
  }
}
