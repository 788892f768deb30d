import { StringDecoder } from 'node:string_decoder'

/** As the C library writes them: `libggml.so(ggml_abort+0x152)[0x7f7884123f42]`. */
const STACK_FRAME = /\[0x[0-9a-f]+\]\s*$/

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

  /** The last line that says something, for a message; null if there is none. What led there, call by call, tells its reader nothing. */
  lastLine(): string | null {
    return (
      this.text()
        .split('\n')
        .findLast((line) => line.trim() !== '' && !STACK_FRAME.test(line))
        ?.trim()
        .slice(0, 300) ?? null
    )
  }
}
