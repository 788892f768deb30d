import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { API_ERRORS } from '../../src/protocol/errors.ts'
import type { RuleOf } from './fault-rule.ts'

const CHUNK_BYTES = 64 * 1024
/** A slow answer is written this often at most. */
const TICK_MS = 20
const PROXY_PAGE = '<html><head><title>502 Bad Gateway</title></head><body><center><h1>Bad Gateway</h1></center></body></html>\n'
/** Names that the API knows, with values that it does not. */
const OTHER_JSON = { id: { nested: [1, 2, 3] }, server_time: 'yesterday', leases: 'none', cancel: 7, reward: [], balance: {} }

/** An answer as the handler made it, or an empty one where it did not run. */
export interface TrueAnswer {
  readonly response: ServerResponse
  readonly body: Buffer
  /** The rule's dice. */
  readonly random: () => number
}

/** Another status: errors in the API's shape, but 502 and 504 as the page of a proxy, and redirects bare. */
export function sendStatus({ response }: TrueAnswer, rule: RuleOf<'status'>): void {
  const { status, retry_after: retryAfter, location } = rule
  forgetBody(response)
  response.statusCode = status
  if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter)
  if (location !== undefined) response.setHeader('Location', location)
  if (status < 400) sendWhole(response, '', null)
  else if (status === 502 || status === 504) sendWhole(response, PROXY_PAGE, 'text/html')
  else {
    const code = Object.entries(API_ERRORS).find(([, error]) => error.status === status)?.[0] ?? `HTTP_${status}`
    sendWhole(
      response,
      JSON.stringify({ error: { code, message: 'injected by the fault plan', details: {} } }),
      'application/json',
    )
  }
}

/** A part of the true body, as a whole message or one that breaks off. */
export function sendTruncated({ response, body }: TrueAnswer, rule: RuleOf<'truncate'>): void {
  const part = body.subarray(0, Math.floor(body.length * rule.keep))
  if (rule.ending === 'complete') {
    response.setHeader('Content-Length', part.length)
    response.end(part)
    return
  }
  response.setHeader('Content-Length', Math.max(body.length, 1))
  response.flushHeaders()
  response.write(part, () => response.destroy())
}

/** A body of the right length that is no JSON, the page of some other server, or JSON of another shape. */
export function sendGarbled({ response, body, random }: TrueAnswer, rule: RuleOf<'garble'>): void {
  forgetBody(response)
  if (rule.as === 'html') sendWhole(response, PROXY_PAGE.replaceAll('502 Bad Gateway', 'Welcome'), 'text/html')
  else if (rule.as === 'other_json') sendWhole(response, JSON.stringify(OTHER_JSON), 'application/json')
  else
    sendWhole(response, Buffer.from(Array.from({ length: Math.max(body.length, 64) }, () => random() * 256)), 'application/json')
}

/** Valid JSON of many megabytes, streamed as fast as the other side reads. */
export async function sendHugeBody({ response }: TrueAnswer, rule: RuleOf<'huge_body'>): Promise<void> {
  forgetBody(response)
  response.setHeader('Content-Type', 'application/json')
  try {
    await pipeline(Readable.from(paddedJson(rule.megabytes * 1_000_000)), response)
  } catch {
    // The other side has hung up: that is what the fault is for.
  }
}

function* paddedJson(bytes: number): Generator<Buffer> {
  yield Buffer.from('{"padding":"')
  const chunk = Buffer.alloc(CHUNK_BYTES, 'x')
  for (let left = bytes; left > 0; left -= chunk.length) yield left < chunk.length ? chunk.subarray(0, left) : chunk
  yield Buffer.from('"}')
}

/** The true answer byte by byte, or a head that never ends. */
export function sendSlowly({ response, body }: TrueAnswer, rule: RuleOf<'slow_loris'>): void {
  const periodMs = Math.max(1000 / rule.bytes_per_s, TICK_MS)
  const bytesPerTick = Math.max(1, Math.round((rule.bytes_per_s * periodMs) / 1000))
  let sent = 0
  if (rule.part === 'body') {
    response.setHeader('Content-Length', body.length)
    response.flushHeaders()
  } else {
    response.socket?.write('HTTP/1.1 200 OK\r\nX-Slow: ')
  }
  const timer = setInterval(() => {
    if (rule.part === 'head') {
      response.socket?.write('a'.repeat(bytesPerTick))
      return
    }
    response.write(body.subarray(sent, sent + bytesPerTick))
    sent += bytesPerTick
    if (sent >= body.length) response.end()
  }, periodMs)
  for (const end of ['close', 'finish'] as const) response.once(end, () => clearInterval(timer))
}

function sendWhole(response: ServerResponse, body: string | Buffer, mediaType: string | null): void {
  if (mediaType !== null) response.setHeader('Content-Type', mediaType)
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}

/** What the handler said of the body that is not sent. */
function forgetBody(response: ServerResponse): void {
  for (const name of ['Content-Length', 'Content-Type', 'Content-Digest', 'Content-Disposition']) response.removeHeader(name)
}
