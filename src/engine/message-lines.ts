import { StringDecoder } from 'node:string_decoder'

/** File descriptor of the socket between host and child, in the child. */
export const CHANNEL_FD = 3

/**
 * Messages as lines of JSON over a socket of our own. Node's IPC channel is not used: a stray byte that a native library
 * writes to it is an uncaught exception in the daemon, and it buffers without a limit.
 */
export class MessageLines {
  readonly #decoder = new StringDecoder('utf8')
  readonly #maxLength: number
  #partial = ''

  /** `maxLength` bounds one message, in UTF-16 units. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  /** The messages completed by these bytes. Throws on a line that is too long or no JSON. */
  push(bytes: Buffer): unknown[] {
    const lines = (this.#partial + this.#decoder.write(bytes)).split('\n')
    this.#partial = lines.pop() ?? ''
    const longest = lines.reduce((length, line) => Math.max(length, line.length), this.#partial.length)
    if (longest > this.#maxLength) throw new RangeError(`message longer than ${this.#maxLength} characters`)
    return lines.map((line): unknown => JSON.parse(line))
  }
}

/** One message as it goes over the socket. */
export function messageLine(message: object): string {
  return `${JSON.stringify(message)}\n`
}
