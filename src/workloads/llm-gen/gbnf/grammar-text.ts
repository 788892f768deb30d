/** What is wrong with a grammar, for whoever wrote it. */
export class GrammarError extends Error {
  override readonly name = 'GrammarError'
}

const MAX_SHOWN = 30
const MAX_NAME = 100

/** A name or a sign of the grammar, fit for a message. */
export function shortened(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name
}

/** Reads the text of a grammar piece by piece, with llama.cpp's idea of names, spaces and comments. */
export class GrammarText {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  /** The next character; empty at the end. */
  get next(): string {
    return this.#text[this.#at] ?? ''
  }

  /** Takes what the sticky pattern matches here; null where it does not. */
  take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)?.[0] ?? null
    this.#at += match?.length ?? 0
    return match
  }

  /** Skips spaces and comments, and line ends too where a rule may go on on the next line. */
  skipSpace(overLines: boolean): void {
    this.take(overLines ? /(?:[ \t\r\n]|#[^\r\n]*)*/y : /(?:[ \t]|#[^\r\n]*)*/y)
  }

  /** The error for what stands here, with its line. */
  error(problem: string): GrammarError {
    const line = this.#text.slice(0, this.#at).split('\n').length
    const rest = this.#text.slice(this.#at).split('\n')[0] ?? ''
    const shown = rest.length > MAX_SHOWN ? `${rest.slice(0, MAX_SHOWN)}…` : rest
    return new GrammarError(`line ${line}: ${problem}${shown === '' ? '' : `, at ${shown}`}`)
  }
}
