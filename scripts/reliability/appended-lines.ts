import { closeSync, openSync, readSync, statSync } from 'node:fs'

/** The lines that a program appends to a file, each given once, when it is whole. */
export class AppendedLines {
  readonly #path: string
  #offset = 0
  #rest = ''

  constructor(path: string) {
    this.#path = path
  }

  /** Those that came since the last call; none while there is no file. */
  take(): string[] {
    const bytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0
    if (bytes <= this.#offset) return []
    const buffer = Buffer.alloc(bytes - this.#offset)
    const descriptor = openSync(this.#path, 'r')
    try {
      this.#offset += readSync(descriptor, buffer, 0, buffer.length, this.#offset)
    } finally {
      closeSync(descriptor)
    }
    const lines = (this.#rest + buffer.toString('utf8')).split('\n')
    this.#rest = lines.pop() ?? ''
    return lines
  }
}
