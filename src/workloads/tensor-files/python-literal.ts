import { TensorFileError } from './tensor-file-error.ts'

/** How deep a literal may be nested: the header of an npy file is a dictionary with a tuple in it, or a list of tuples. */
const MAX_DEPTH = 8

const TOKEN = /\s*(?:([{}()[\],:])|'([^'\\\n]*)'|"([^"\\\n]*)"|(\d{1,16})L?(?!\w)|(True|False)(?!\w))/y

/**
 * The value of a Python literal as the header of an npy file is one: a dictionary of texts without escapes, numbers, truth values, lists
 * and tuples, both of which become arrays. Throws `TensorFileError` for anything else, and for a key that stands twice.
 */
export function parsePythonLiteral(text: string): unknown {
  const reader = new LiteralReader(text)
  const value = reader.value(0)
  reader.end()
  return value
}

type Token = { readonly mark: string } | { readonly value: string | number | boolean }

class LiteralReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw this.#failure()
    const token = this.#next()
    if ('value' in token) return token.value
    if (token.mark === '{') return this.#dictionary(depth)
    if (token.mark === '(') return this.#items(')', depth)
    if (token.mark === '[') return this.#items(']', depth)
    throw this.#failure()
  }

  end(): void {
    if (this.#text.slice(this.#at).trim() !== '') throw this.#failure()
  }

  #dictionary(depth: number): object {
    const entries = new Map<string, unknown>()
    while (!this.#takes('}')) {
      const key = this.value(depth + 1)
      if (typeof key !== 'string' || entries.has(key) || !this.#takes(':')) throw this.#failure()
      entries.set(key, this.value(depth + 1))
      this.#separator('}')
    }
    return Object.fromEntries(entries)
  }

  #items(close: string, depth: number): unknown[] {
    const items: unknown[] = []
    while (!this.#takes(close)) {
      items.push(this.value(depth + 1))
      this.#separator(close)
    }
    return items
  }

  /** A comma, or the mark that closes, which is left to be taken. */
  #separator(close: string): void {
    if (this.#takes(',')) return
    const before = this.#at
    if (!this.#takes(close)) throw this.#failure()
    this.#at = before
  }

  #takes(mark: string): boolean {
    const before = this.#at
    const token = this.#next()
    if ('mark' in token && token.mark === mark) return true
    this.#at = before
    return false
  }

  #next(): Token {
    TOKEN.lastIndex = this.#at
    const match = TOKEN.exec(this.#text)
    if (match === null) throw this.#failure()
    this.#at = TOKEN.lastIndex
    const [, mark, single, double, digits, truth] = match
    if (mark !== undefined) return { mark }
    if (digits !== undefined) return { value: Number(digits) }
    if (truth !== undefined) return { value: truth === 'True' }
    return { value: single ?? double ?? '' }
  }

  #failure(): TensorFileError {
    return new TensorFileError(`has an npy header that cannot be read at character ${this.#at}`)
  }
}
