import type { StopStrings } from './stop-strings.ts'

/** As often as the daemon passes them on: what comes in between costs the generation time and nobody sees it. */
const FLUSH_MS = 100

/** Sends a growing text in pieces, not more often than every 100 ms. */
export class TextStream {
  readonly #send: (piece: string) => void
  #sentLength = 0
  #sentMs = 0

  constructor(send: (piece: string) => void) {
    this.#send = send
  }

  /** Whether it is time to send more. */
  get isDue(): boolean {
    return performance.now() - this.#sentMs >= FLUSH_MS
  }

  /** Sends what is new of the text; what may yet turn out to be a stop string is held back. */
  show(text: string, stops: StopStrings): void {
    const end = stops.safeLength(text)
    if (end <= this.#sentLength) return
    this.#sentMs = performance.now()
    this.#sendUpTo(text, end)
  }

  /** Sends the rest of the whole text. */
  finish(text: string): void {
    if (text.length > this.#sentLength) this.#sendUpTo(text, text.length)
  }

  #sendUpTo(text: string, end: number): void {
    const piece = text.slice(this.#sentLength, end)
    this.#sentLength = end
    this.#send(piece)
  }
}
