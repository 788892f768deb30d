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

  /** Adds a token; its text is worked out when it is asked for, since that costs as much as a small model's arithmetic. */
  push(token: T): void {
    this.#pending.push(token)
  }

  /** All complete characters so far. */
  read(): string {
    const { length } = this.#pending
    for (let held = 0; held < Math.min(length, MAX_PENDING); held++) {
      const piece = this.#detokenize(this.#pending.slice(0, length - held), this.#before)
      if (!piece.endsWith(REPLACEMENT)) {
        this.#commit(piece, length - held)
        return this.#text
      }
    }
    return length < MAX_PENDING ? this.#text : this.finish()
  }

  /** The text with what is left, be it complete or not. */
  finish(): string {
    if (this.#pending.length > 0) this.#commit(this.#detokenize(this.#pending, this.#before), this.#pending.length)
    return this.#text
  }

  #commit(piece: string, count: number): void {
    this.#text += piece
    this.#before = [...this.#before, ...this.#pending.slice(0, count)].slice(-MAX_PENDING)
    this.#pending = this.#pending.slice(count)
  }
}
