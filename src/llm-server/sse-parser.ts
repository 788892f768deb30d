/** One event of a stream: the text of its `data` lines, joined by line feeds. */
export interface SseEvent {
  readonly data: string
}

/** Bytes that are no event stream: broken UTF-8, or an event of more than the allowed length. */
export class SseError extends Error {
  override readonly name = 'SseError'
}

const LINE_END = /\r\n|\n|\r/g

/**
 * Reads an event stream (WHATWG HTML, section 9.2.6) from chunks that may be cut anywhere, within a character too. Comments and
 * the fields `event`, `id` and `retry` are dropped. What the stream ends in the middle of is no event.
 */
export class SseParser {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  readonly #maxEventChars: number
  /** The beginning of a line whose end has not come yet. */
  #rest = ''
  #data: string[] = []
  #dataChars = 0

  /** Of an event that is longer than `maxEventChars`, no more than that is kept in memory. */
  constructor(maxEventChars: number) {
    this.#maxEventChars = maxEventChars
  }

  /** The events that this chunk completes. Throws an `SseError`. */
  push(chunk: Uint8Array): SseEvent[] {
    const text = this.#rest + this.#decode(chunk)
    const events: SseEvent[] = []
    let lineStart = 0
    for (const { 0: end, index } of text.matchAll(LINE_END)) {
      // The line feed that belongs to it may be in the next chunk.
      if (end === '\r' && index === text.length - 1) break
      this.#readLine(text.slice(lineStart, index), events)
      lineStart = index + end.length
    }
    this.#rest = text.slice(lineStart)
    this.#checkLength(this.#rest.length)
    return events
  }

  #decode(chunk: Uint8Array): string {
    try {
      return this.#decoder.decode(chunk, { stream: true })
    } catch (cause) {
      throw new SseError('the stream is no UTF-8', { cause })
    }
  }

  #readLine(line: string, events: SseEvent[]): void {
    if (line === '') {
      if (this.#data.length > 0) events.push({ data: this.#data.join('\n') })
      this.#data = []
      this.#dataChars = 0
      return
    }
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    if (field !== 'data') return
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    this.#dataChars += value.length + 1
    this.#checkLength(0)
    this.#data.push(value)
  }

  #checkLength(restChars: number): void {
    if (this.#dataChars + restChars > this.#maxEventChars) {
      throw new SseError(`an event of the stream is longer than ${this.#maxEventChars} characters`)
    }
  }
}
