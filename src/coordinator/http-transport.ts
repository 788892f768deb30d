import type { Readable } from 'node:stream'
// The parts, not the package: its index also loads fetch, caches and WebSockets, 30 ms and 10 MB that a daemon never uses.
import { request } from 'undici/lib/api/index.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import { CoordinatorFailure } from '../domain/coordinator-failure.ts'
import { headerText, headerTimeMs } from '../domain/http-header.ts'
import type { HeaderValue } from '../domain/http-header.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import { Redactor } from '../domain/redactor.ts'
import { ErrorBodySchema } from '../protocol/errors.ts'
import { Deadline } from './deadline.ts'
import { verifyingTls } from './verifying-tls.ts'
import { classifyFailure } from './classify-failure.ts'
import { jsonStructure } from './json-structure.ts'

/** An answer larger than this is not the API's. */
const MAX_ANSWER_BYTES = 1024 * 1024

/** Objects, arrays and members in an answer: a job has some dozens of them, and its tensors are arrays of numbers. */
const MAX_ANSWER_STRUCTURE = 250_000

const MAX_MESSAGE_CHARS = 500

/** A shorter key, as in a trial, may be a word that a job uses by chance: only what is shown is then kept free of it. */
const LEAST_KEY_CHARS = 8

export interface TransportSettings {
  readonly baseUrl: URL
  readonly apiKey: { reveal(): string }
  /** Authorities, or certificates of the server itself, in PEM: these alone are trusted. Null for those that Node trusts. */
  readonly certificates: readonly string[] | null
  /** For one whole call, from connecting to the last byte. */
  readonly timeoutMs: number
  readonly maxConnections: number
  readonly userAgent: string
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Below the base URL, starting with `/v1/`; every variable part already encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  /** Raw bytes instead of `json`; a function, since a stream can be sent only once. */
  readonly bytes?: () => Uint8Array | Readable
  readonly idempotencyKey?: string
  /** For calls that any key of a miner may make: 403 then says that this is none. @default false */
  readonly isAboutKey?: boolean
  /** Instead of the usual limit for the whole call. */
  readonly timeoutMs?: number
  /** For answers that may be larger than a mebibyte. */
  readonly maxAnswerBytes?: number
  /** How much longer than usual the coordinator may take, because it was asked to wait. */
  readonly extraTimeoutMs?: number
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  /** Parsed JSON; null for an empty body. Where it held our key it reads `[redacted]`, unless that is of less than 8 characters. */
  readonly body: unknown
  /** True when our key was taken out of the body. */
  readonly hadKey: boolean
  /** When it was made, by the `Date` header, epoch milliseconds; null without a usable one. */
  readonly dateMs: number | null
}

/**
 * One origin, one key, JSON in and out, a deadline on every call. Redirects are not followed and no proxy is asked, so the key
 * goes nowhere else; nor does it come back in, since what follows would carry it to the disk. Rejects with a `CoordinatorFailure` for everything but a 2xx with a JSON or empty body.
 */
export class HttpTransport {
  readonly #settings: TransportSettings
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #basePath: string
  readonly #redactor: Redactor
  readonly #canTellKeyApart: boolean
  #pool: Pool | null = null

  constructor(settings: TransportSettings, clock: Clock, logger: Logger) {
    this.#settings = settings
    this.#clock = clock
    this.#logger = logger
    this.#basePath = settings.baseUrl.pathname.replace(/\/+$/, '')
    const key = settings.apiKey.reveal()
    this.#redactor = new Redactor([key])
    this.#canTellKeyApart = key.length >= LEAST_KEY_CHARS
  }

  /** At level debug the log tells of every call, for who writes a coordinator. */
  async call(call: Call): Promise<Answer> {
    const name = nameOf(call)
    const startedMs = this.#clock.monotonicMs()
    const tookMs = (): number => Math.round(this.#clock.monotonicMs() - startedMs)
    try {
      const answer = await this.#exchange(call)
      this.#logger.debug('coordinator answered', { call: name, status: answer.status, took_ms: tookMs() })
      return answer
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#logger.debug('call to the coordinator failed', { error: reason, took_ms: tookMs() })
      throw error
    }
  }

  async #exchange(call: Call): Promise<Answer> {
    const name = nameOf(call)
    const maxBytes = call.maxAnswerBytes ?? MAX_ANSWER_BYTES
    const deadline = new Deadline((call.timeoutMs ?? this.#settings.timeoutMs) + (call.extraTimeoutMs ?? 0), call.signal)
    let status: number
    let headers: Readonly<Record<string, HeaderValue>>
    let bytes: Buffer
    try {
      const response = await request.call(this.#open(), {
        method: call.method,
        path: this.#basePath + call.path + queryString(call.query),
        headers: this.#headers(call),
        body: call.bytes === undefined ? (call.json === undefined ? null : JSON.stringify(call.json)) : call.bytes(),
        signal: deadline.signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      })
      status = response.statusCode
      headers = response.headers
      bytes = await readBounded(response.body, maxBytes)
    } catch (error) {
      if (error instanceof TooLargeError)
        throw garbled(name, `the answer is larger than ${maxBytes} bytes and was not read to its end`, null)
      throw classifyFailure({ kind: 'transport', call: name, error }, this.#clock.nowMs())
    } finally {
      deadline.clear()
    }
    const isSuccess = status >= 200 && status < 300
    const isTooManifold = jsonStructure(bytes) > MAX_ANSWER_STRUCTURE
    if (isSuccess && isTooManifold) {
      throw garbled(name, `the answer has more than ${MAX_ANSWER_STRUCTURE} objects, arrays and members`, status)
    }
    const text = bytes.toString('utf8')
    const safeText = isSuccess && !this.#canTellKeyApart ? text : this.#redactor.clean(text)
    const body = isTooManifold ? undefined : parseJson(safeText)
    const dateMs = headerTimeMs(headers['date'])
    if (isSuccess && body !== undefined) return { status, body, hadKey: safeText !== text, dateMs }
    if (isSuccess) throw garbled(name, 'the answer is no JSON (is COORD_URL a coordinator?)', status)
    const location = headerText(headers['location'])
    const apiError = ErrorBodySchema.safeParse(body)
    const failed = {
      kind: 'answer' as const,
      call: name,
      status,
      isAboutKey: call.isAboutKey ?? false,
      apiCode: apiError.success ? shortened(apiError.data.error.code) : null,
      message: apiError.success ? shortened(apiError.data.error.message) : null,
      retryAfter: headerText(headers['retry-after']),
      dateMs,
      location: location === null ? null : shortened(this.#redactor.clean(location)),
    }
    throw classifyFailure(failed, this.#clock.nowMs())
  }

  async close(): Promise<void> {
    await this.#pool?.destroy()
  }

  #open(): Pool {
    const { baseUrl, certificates, maxConnections, timeoutMs } = this.#settings
    this.#pool ??= new Pool(baseUrl.origin, {
      connections: maxConnections,
      // A connection for each call: over HTTP/2 all would share one, and stall with it; undici 8 then also kept a daemon from ending.
      allowH2: false,
      connectTimeout: Math.min(timeoutMs, 10_000),
      connect: verifyingTls(certificates),
    })
    return this.#pool
  }

  #headers(call: Call): Record<string, string> {
    const headers: Record<string, string> = {
      authorization: `Bearer ${this.#settings.apiKey.reveal()}`,
      accept: 'application/json',
      'user-agent': this.#settings.userAgent,
    }
    if (call.json !== undefined) headers['content-type'] = 'application/json; charset=utf-8'
    if (call.idempotencyKey !== undefined) headers['idempotency-key'] = call.idempotencyKey
    return { ...headers, ...call.headers }
  }
}

function nameOf({ method, path }: Call): string {
  return `${method} ${path}`
}

function queryString(query: Readonly<Record<string, string>> | undefined): string {
  return query === undefined ? '' : `?${new URLSearchParams(query).toString()}`
}

/** What the other side says ends up in logs and in `status`. */
function shortened(text: string): string {
  return text.slice(0, MAX_MESSAGE_CHARS)
}

class TooLargeError extends Error {}

async function readBounded(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new TooLargeError()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Undefined for text that is no JSON, null for none at all. */
function parseJson(text: string): unknown {
  if (text.trim() === '') return null
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** A 2xx that cannot be read: the call may have had its effect, so it is made again with the same key. */
export function garbled(call: string, what: string, status: number | null): CoordinatorFailure {
  return new CoordinatorFailure(`${call}: ${what}`, { failureClass: 'garbled', status, apiCode: null, retryAfterMs: null })
}
