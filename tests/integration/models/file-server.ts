import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

export interface ServedRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A web server on 127.0.0.1 with files in memory, `Range` and `If-Range`; answers of a test's own go first. */
export class FileServer {
  readonly files = new Map<string, Uint8Array>()
  readonly requests: ServedRequest[] = []
  readonly #breaks = new Map<number, () => void>()
  readonly #answers = new Map<string, Answer[]>()
  readonly #server = createServer((request, response) => this.#answer(request, response))
  /** False for a server that does not tell versions apart. */
  hasValidators = true
  origin = ''

  static async start(): Promise<FileServer> {
    const server = new FileServer()
    await new Promise<void>((resolve) => {
      server.#server.listen(0, '127.0.0.1', resolve)
    })
    const address = server.#server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    server.origin = `http://127.0.0.1:${address.port}`
    onTestFinished(() => {
      server.#server.closeAllConnections()
      server.#server.close()
    })
    return server
  }

  /** Answers the next request for this path; several wait in line. */
  next(path: string, answer: Answer): void {
    this.#answers.set(path, [...(this.#answers.get(path) ?? []), answer])
  }

  /** Sends the first bytes of the file with the length of the whole, and breaks the connection when `watch` is told that they came. */
  breakAfter(path: string, bytes: number): void {
    this.next(path, (_, response) => {
      const file = this.files.get(path) ?? new Uint8Array()
      response.writeHead(200, { 'content-length': file.length, ...this.#validator(file) })
      response.write(file.subarray(0, bytes))
      this.#breaks.set(bytes, () => response.destroy())
    })
  }

  /** For `onBytes` of who fetches. */
  readonly watch = (received: number): void => {
    this.#breaks.get(received)?.()
  }

  url(path: string): string {
    return `${this.origin}${path}`
  }

  count(path: string): number {
    return this.requests.filter((request) => request.path === path).length
  }

  #validator(file: Uint8Array): Record<string, string> {
    return this.hasValidators ? { etag: `"${createHash('sha256').update(file).digest('hex').slice(0, 16)}"` } : {}
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').replace(/\?.*$/, '')
    this.requests.push({ path, headers: request.headers })
    const own = this.#answers.get(path)?.shift()
    if (own !== undefined) return own(request, response)
    const file = this.files.get(path)
    if (file === undefined) {
      response.writeHead(404).end('no such file')
      return
    }
    const validator = this.#validator(file)
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN)
    const isSame = request.headers['if-range'] === validator['etag']
    if (Number.isNaN(start) || !isSame) {
      response.writeHead(200, { 'content-length': file.length, ...validator }).end(file)
    } else if (start >= file.length) {
      response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end()
    } else {
      const range = `bytes ${start}-${file.length - 1}/${file.length}`
      response
        .writeHead(206, { 'content-length': file.length - start, 'content-range': range, ...validator })
        .end(file.subarray(start))
    }
  }
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Bytes that differ everywhere, so that a piece in the wrong place does not go unnoticed. */
export function someBytes(length: number, seed = 1): Uint8Array {
  let state = seed
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  })
}

/** What looks like a GGUF file from its head. */
export function fakeGguf(length: number, seed = 1): Uint8Array {
  const bytes = Buffer.from(someBytes(length, seed))
  bytes.write('GGUF', 0, 'latin1')
  bytes.writeUInt32LE(3, 4)
  bytes.writeBigUInt64LE(2n, 8)
  bytes.writeBigUInt64LE(3n, 16)
  return bytes
}
