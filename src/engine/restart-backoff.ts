const FIRST_MS = 250
const MAX_MS = 30_000

/** How long to wait before a child that crashed is started again: longer after each crash, anew after a success. */
export class RestartBackoff {
  #crashes = 0
  #notBeforeMs = Number.NEGATIVE_INFINITY

  /** `nowMs` is monotonic, as everywhere here. */
  crashed(nowMs: number): void {
    this.#notBeforeMs = nowMs + Math.min(FIRST_MS * 2 ** this.#crashes, MAX_MS)
    this.#crashes++
  }

  succeeded(): void {
    this.#crashes = 0
    this.#notBeforeMs = Number.NEGATIVE_INFINITY
  }

  remainingMs(nowMs: number): number {
    return Math.max(0, this.#notBeforeMs - nowMs)
  }
}
