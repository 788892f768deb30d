/** Turns tokens to text; `before` are the tokens that stand in front of them. */
export type Detokenize<T> = (tokens: readonly T[], before: readonly T[]) => string

/** More bytes than the longest character needs: what is incomplete by then is no UTF-8 at all. */
const MAX_PENDING = 8
const REPLACEMENT = '\u{fffd}'

/** The text of a growing list of tokens, without the bytes of a character that is not complete yet. */
export class TokenText<T> {
  readonly #detokenize: Detokenize<T>
  #before: readonly T[]
  #pending: T[] = []
  #text = ''

  constructor(detokenize: Detokenize<T>, prompt: readonly T[]) {
    this.#detokenize = detokenize
    this.#before = prompt.slice(-MAX_PENDING)
  }

  /** All complete characters so far. */
  get text(): string {
    return this.#text
  }

  push(token: T): void {
    this.#pending.push(token)
    const piece = this.#detokenize(this.#pending, this.#before)
    if (piece.endsWith(REPLACEMENT) && this.#pending.length < MAX_PENDING) return
    this.#commit(piece)
  }

  /** The text with what is left, be it complete or not. */
  finish(): string {
    if (this.#pending.length > 0) this.#commit(this.#detokenize(this.#pending, this.#before))
    return this.#text
  }

  #commit(piece: string): void {
    this.#text += piece
    this.#before = [...this.#before, ...this.#pending].slice(-MAX_PENDING)
    this.#pending = []
  }
}
