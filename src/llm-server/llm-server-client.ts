import type { Readable } from 'node:stream'
// The parts, not the package: its index also loads fetch, caches and WebSockets, 30 ms and 10 MB that a daemon never uses.
import { request } from 'undici/lib/api/index.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import { headerText, headerTimeMs } from '../domain/http-header.ts'
import type { Clock } from '../domain/ports.ts'
import { Redactor } from '../domain/redactor.ts'
import { retryAfterMs } from '../domain/retry-after.ts'
import { connectionFault, kindOfStatus } from './classify-server-failure.ts'
import { ServerFailure } from './server-failure.ts'
import { presentable, sentenceOf } from './server-sentence.ts'

/** Of an answer that is read whole: a list of models, or an error. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024
const CONNECT_TIMEOUT_MS = 10_000
/** Longest `Retry-After` that is believed. */
const MAX_RETRY_AFTER_MS = 60_000

export interface LlmServerClientDeps {
  /** Up to but without `/v1`; one that ends in it is taken too. */
  readonly url: URL
  readonly apiKey: { reveal(): string } | null
  readonly maxConnections: number
  readonly userAgent: string
  readonly clock: Clock
}

/**
 * One language-model server over HTTP. Redirects are not followed, so the key and the prompts go nowhere else. All methods
 * reject with a `ServerFailure`, or with the signal's reason.
 */
export class LlmServerClient {
  readonly #deps: LlmServerClientDeps
  readonly #basePath: string
  readonly #redactor: Redactor
  #pool: Pool | null = null

  constructor(deps: LlmServerClientDeps) {
    this.#deps = deps
    this.#basePath = deps.url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
    this.#redactor = new Redactor(deps.apiKey === null ? [] : [deps.apiKey.reveal()])
  }

  /** The JSON of a GET. */
  async get(path: string, signal: AbortSignal): Promise<unknown> {
    const body = await this.#send('GET', path, null, signal)
    const json = parseJson(await this.#readWhole(body, path, signal))
    if (json === undefined) throw new ServerFailure(`GET ${path}: the answer is no JSON`, { kind: 'garbled' })
    return json
  }

  /** The bytes of an event stream as they come. Whoever stops reading aborts the signal or destroys the stream. */
  async openStream(path: string, json: unknown, signal: AbortSignal): Promise<Readable> {
    return this.#send('POST', path, json, signal)
  }

  /** What a failed call, or a stream that broke, means. The signal's reason goes before it; an error of ours stays what it is. */
  failureOf(error: unknown, call: string, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason
    const what = connectionFault(error)
    return what === null ? error : new ServerFailure(`${call}: ${what}`, { kind: 'unreachable' }, { cause: error })
  }

  /** What the server says, fit to be shown. */
  presentable(text: string): string {
    return presentable(text, this.#redactor)
  }

  async close(): Promise<void> {
    await this.#pool?.destroy()
  }

  async #send(method: 'GET' | 'POST', path: string, json: unknown, signal: AbortSignal): Promise<Readable> {
    const call = `${method} ${path}`
    try {
      const response = await request.call(this.#open(), {
        method,
        path: this.#basePath + path,
        headers: this.#headers(method),
        body: json === null ? null : JSON.stringify(json),
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      })
      const { statusCode: status, headers, body } = response
      const isStream = (headerText(headers['content-type']) ?? '').startsWith('text/event-stream')
      if (status >= 200 && status < 300 && (method === 'GET' || isStream)) return body
      const text = await this.#readWhole(body, path, signal)
      const nowMs = headerTimeMs(headers['date']) ?? this.#deps.clock.nowMs()
      throw this.#failed(call, status, text, retryAfterMs(headerText(headers['retry-after']), nowMs, MAX_RETRY_AFTER_MS))
    } catch (error) {
      throw this.failureOf(error, call, signal)
    }
  }

  async #readWhole(body: Readable, path: string, signal: AbortSignal): Promise<string> {
    const chunks: Uint8Array[] = []
    let bytes = 0
    try {
      for await (const chunk of body) {
        const part: unknown = chunk
        if (!(part instanceof Uint8Array)) throw new TypeError('the answer was not read as bytes')
        bytes += part.length
        if (bytes > MAX_ANSWER_BYTES) {
          throw new ServerFailure(`${path}: the answer is larger than ${MAX_ANSWER_BYTES} bytes`, { kind: 'garbled' })
        }
        chunks.push(part)
      }
    } catch (error) {
      throw this.failureOf(error, path, signal)
    }
    return Buffer.concat(chunks).toString('utf8')
  }

  #failed(call: string, status: number, text: string, waitMs: number | null): ServerFailure {
    const sentence = sentenceOf(parseJson(text))
    const said = sentence === null ? null : this.presentable(sentence)
    const isSuccess = status >= 200 && status < 300
    const what = isSuccess ? 'no event stream' : `HTTP ${status}`
    const kind = isSuccess ? (said === null ? 'garbled' : 'broken') : kindOfStatus(status)
    const message = `${call}: ${what}${said === null ? '' : `: ${said}`}`
    return new ServerFailure(message, { kind, status, said, retryAfterMs: waitMs })
  }

  #open(): Pool {
    this.#pool ??= new Pool(this.#deps.url.origin, {
      connections: this.#deps.maxConnections,
      allowH2: false,
      connectTimeout: CONNECT_TIMEOUT_MS,
    })
    return this.#pool
  }

  #headers(method: 'GET' | 'POST'): Record<string, string> {
    const { apiKey, userAgent } = this.#deps
    return {
      accept: method === 'GET' ? 'application/json' : 'text/event-stream',
      'user-agent': userAgent,
      ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
      ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey.reveal()}` }),
    }
  }
}

/** Undefined for text that is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
