import type { IncomingMessage } from 'node:http'
import { ApiError } from '../api-error.ts'

/** Reads a whole body; throws `PAYLOAD_TOO_LARGE` over `maxBytes` and `BAD_REQUEST` when it breaks off or is compressed. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  // Somebody on the way here has read it and left it where body parsers do.
  if ('body' in request && request.body instanceof Buffer) return Promise.resolve(request.body)
  return new Promise((resolve, reject) => {
    const tooLarge = () => new ApiError('PAYLOAD_TOO_LARGE', `the body is over ${maxBytes} bytes`, { limit_bytes: maxBytes })
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      reject(tooLarge())
      return
    }
    const encoding = request.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      reject(new ApiError('BAD_REQUEST', `Content-Encoding ${encoding} is not taken: send the body as it is`))
      return
    }
    const chunks: Buffer[] = []
    let size = 0
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size <= maxBytes) {
        chunks.push(chunk)
        return
      }
      request.off('data', onData)
      request.resume()
      reject(tooLarge())
    }
    request.on('data', onData)
    request.once('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)))
    const onBreak = (): void => {
      // After a whole body too the request closes, and making an error takes time.
      if (!request.complete) reject(new ApiError('BAD_REQUEST', 'the body broke off'))
    }
    request.once('error', onBreak)
    request.once('close', onBreak)
  })
}

/** Parses JSON in UTF-8; throws `BAD_REQUEST`. */
export function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ApiError('BAD_REQUEST', `the body is not JSON: ${reason}`)
  }
}
