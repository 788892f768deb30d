import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http'
import { json as readJson } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { z } from 'zod'

const requestBody = z.record(z.string(), z.unknown())

/** A request for a text, as the server got it and may answer it. */
export interface GenerationCall {
  readonly path: string
  /** Port of the other side: one for each connection. */
  readonly peer: string
  readonly headers: IncomingHttpHeaders
  readonly body: Readonly<Record<string, unknown>>
  /** Begins an event stream; without a header, `content-type` is that of one. */
  begin(headers?: Readonly<Record<string, string>>): void
  /** Writes bytes of the stream as they are. */
  write(bytes: string | Uint8Array): void
  /** Writes one event with this JSON. */
  event(json: unknown): void
  end(): void
  /** Answers with JSON instead of a stream. */
  answer(status: number, json: unknown, headers?: Readonly<Record<string, string>>): void
  /** Breaks the connection. */
  reset(): void
  /** Resolves when the connection is closed, by whichever side. */
  readonly closed: Promise<void>
}

export type GenerationScript = (call: GenerationCall) => void | Promise<void>

export interface OpenAiServerOptions {
  /** What generation requests get. */
  readonly script?: GenerationScript
  /** Entries of the list of models, as sent. */
  readonly models?: readonly Readonly<Record<string, unknown>>[]
  /** JSON of further GET paths. */
  readonly paths?: Readonly<Record<string, unknown>>
  /** Taken as `Authorization: Bearer`; null takes all. */
  readonly apiKey?: string | null
}

/** A vLLM with one model. */
export const VLLM_MODELS = [{ id: 'big-model', object: 'model', owned_by: 'vllm', max_model_len: 4096 }]

/**
 * A language-model server on loopback that does what the test says. It can be stopped and started again on its port. Stopped
 * when the test has finished.
 */
export class OpenAiServer {
  readonly calls: GenerationCall[] = []
  /** Paths of all GET requests. */
  readonly looks: string[] = []
  script: GenerationScript
  models: readonly Readonly<Record<string, unknown>>[]
  apiKey: string | null
  /** Takes GET requests and answers none. */
  isMute = false
  readonly #paths: Readonly<Record<string, unknown>>
  #server: Server | null = null
  #port = 0

  constructor({ script = completeText('ok'), models = VLLM_MODELS, paths = {}, apiKey = null }: OpenAiServerOptions = {}) {
    this.script = script
    this.models = models
    this.#paths = paths
    this.apiKey = apiKey
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#port}`)
  }

  async start(): Promise<this> {
    const server = createServer((request, response) => void this.#serve(request, response))
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    this.#port = address.port
    return this
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    const sendJson = (status: number, json: unknown, headers: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(json))
    }
    if (this.apiKey !== null && request.headers.authorization !== `Bearer ${this.apiKey}`) {
      sendJson(401, { error: { message: `wrong key ${request.headers.authorization ?? ''}`, type: 'authentication_error' } })
      return
    }
    if (request.method === 'GET') {
      this.looks.push(path)
      if (this.isMute) return
      const found = path === '/v1/models' ? { object: 'list', data: this.models } : this.#paths[path]
      if (found === undefined) sendJson(404, { detail: 'Not Found' })
      else sendJson(200, found)
      return
    }
    const body = requestBody.parse(await readJson(request))
    const call: GenerationCall = {
      path,
      peer: String(request.socket.remotePort),
      headers: request.headers,
      body,
      begin: (headers = { 'content-type': 'text/event-stream; charset=utf-8' }) => {
        response.writeHead(200, headers)
        response.flushHeaders()
      },
      write: (bytes) => void response.write(bytes),
      event: (json) => void response.write(`data: ${JSON.stringify(json)}\n\n`),
      end: () => void response.end(),
      answer: sendJson,
      reset: () => void request.socket.resetAndDestroy(),
      closed: new Promise((resolve) => response.once('close', resolve)),
    }
    this.calls.push(call)
    await this.script(call)
  }
}

/** A started server, stopped when the test has finished. */
export async function startOpenAiServer(options: OpenAiServerOptions = {}): Promise<OpenAiServer> {
  const server = await new OpenAiServer(options).start()
  onTestFinished(() => server.stop())
  return server
}

/** A piece of text as the path of the call has it. */
export function chunk(call: GenerationCall, text: string, more: Readonly<Record<string, unknown>> = {}): unknown {
  const piece = call.path.endsWith('/chat/completions') ? { delta: { content: text } } : { text }
  return { choices: [{ index: 0, ...piece, finish_reason: null, ...more }] }
}

/** The whole of a generation: the text in the pieces given, why it ended, and what it counts. */
export function completeText(...pieces: readonly string[]): GenerationScript {
  return (call) => {
    call.begin()
    for (const piece of pieces) call.event(chunk(call, piece))
    call.event(chunk(call, '', { finish_reason: 'stop' }))
    call.event({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: pieces.length + 1, total_tokens: pieces.length + 4 },
    })
    call.write('data: [DONE]\n\n')
    call.end()
  }
}
