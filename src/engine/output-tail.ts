import { StringDecoder } from 'node:string_decoder'

/** The last part of what a child writes to stdout and stderr; the rest is forgotten. */
export class OutputTail {
  readonly #maxBytes: number
  #bytes = Buffer.alloc(0)

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(-this.#maxBytes)]).subarray(-this.#maxBytes)
  }

  text(): string {
    return new StringDecoder('utf8').write(this.#bytes).trim()
  }

  /** The last line that says something, for a message; null if there is none. */
  lastLine(): string | null {
    return (
      this.text()
        .split('\n')
        .findLast((line) => line.trim() !== '')
        ?.trim()
        .slice(0, 300) ?? null
    )
  }
}
