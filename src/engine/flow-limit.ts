import type { Readable } from 'node:stream'
import type { Clock } from '../domain/ports.ts'

const WINDOW_MS = 100

export interface FlowLimitDeps {
  readonly stream: Readable
  readonly clock: Clock
  /** What may come in a tenth of a second, in the unit of `spend`. */
  readonly perWindow: number
}

/**
 * Reads a stream no faster than a bound: beyond it the stream rests until the tenth of a second is over, and its writer waits. So a
 * child that writes without end costs this process a small share of its time, and loses nothing by it.
 */
export class FlowLimit {
  readonly #deps: FlowLimitDeps
  #windowEndMs = Number.NEGATIVE_INFINITY
  #left = 0

  constructor(deps: FlowLimitDeps) {
    this.#deps = deps
  }

  /** Takes note of what has come. */
  spend(amount: number): void {
    const { stream, clock, perWindow } = this.#deps
    const nowMs = clock.monotonicMs()
    if (nowMs >= this.#windowEndMs) {
      this.#windowEndMs = nowMs + WINDOW_MS
      this.#left = perWindow
    }
    this.#left -= amount
    if (this.#left >= 0 || stream.isPaused()) return
    stream.pause()
    void clock.sleep(this.#windowEndMs - nowMs, new AbortController().signal).then(() => stream.resume())
  }
}
