import type { Readable } from 'node:stream'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { Clock } from '../domain/ports.ts'
import type { Generation } from './generation.ts'
import type { GenerationRequest } from './generation-request.ts'
import type { LlmServerClient } from './llm-server-client.ts'
import { ServerFailure } from './server-failure.ts'
import { SseError, SseParser } from './sse-parser.ts'
import { readNativeChunk, readOpenAiChunk } from './stream-delta.ts'
import type { StreamDelta } from './stream-delta.ts'

/** Far above any event with one token, or with the few that a server sends at a time. */
const MAX_EVENT_CHARS = 1024 * 1024
/** How long a server may take from its last event to the end of the answer. */
const END_MS = 1_000

export interface GenerateOptions {
  readonly client: LlmServerClient
  readonly request: GenerationRequest
  /** Takes what the events add. */
  readonly generation: Generation
  readonly clock: Clock
  /** The longest silence once the text has begun. */
  readonly idleMs: number
  readonly onDelta: (delta: StreamDelta) => void
  readonly signal: AbortSignal
}

/**
 * Sends one request and reads its stream to the end of the text. Rejects with a `ServerFailure`, with a `JobFailureError` for
 * a text that is too long or a server that falls silent, or with the signal's reason; the connection is closed then.
 */
export async function generate({ signal, ...options }: GenerateOptions): Promise<void> {
  const { client, request, generation, clock, idleMs } = options
  const ending = new AbortController()
  const watching = new AbortController()
  const onAbort = (): void => ending.abort(signal.reason)
  signal.throwIfAborted()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const stream = await client.openStream(request.path, request.body, ending.signal)
    const heard: Heard = { atMs: null }
    const onDelta = (delta: StreamDelta): void => {
      // A server may begin its answer at once, and let it wait for its turn: nothing is amiss before the text has begun.
      if (delta.text !== '' && heard.atMs === null) {
        heard.atMs = clock.monotonicMs()
        void watchSilence({ clock, idleMs, heard, ending }, watching.signal)
      }
      options.onDelta(delta)
    }
    await read(stream, heard, { ...options, onDelta })
    letEnd(stream, clock)
  } catch (error) {
    const cause = error instanceof JobFailureError ? error : client.failureOf(error, `POST ${request.path}`, ending.signal)
    ending.abort(cause)
    // The text is whole: what went wrong behind it harms nobody.
    const isWhole = generation.isFinished && !signal.aborted
    if (!isWhole) throw cause
  } finally {
    watching.abort()
    signal.removeEventListener('abort', onAbort)
  }
}

interface Heard {
  /** When the last piece came; null before there is text. */
  atMs: number | null
}

async function read(
  stream: Readable,
  heard: Heard,
  { client, request, generation, clock, onDelta }: Omit<GenerateOptions, 'signal'>,
): Promise<void> {
  const parser = new SseParser(MAX_EVENT_CHARS)
  const readChunk = request.path === '/completion' ? readNativeChunk : readOpenAiChunk
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    if (heard.atMs !== null) heard.atMs = clock.monotonicMs()
    const bytes: unknown = chunk
    if (!(bytes instanceof Uint8Array)) throw new TypeError('the stream was not read as bytes')
    for (const { data } of parse(parser, bytes)) {
      if (data === '[DONE]') return
      const delta = readChunk(parseJson(data, client), (text) => client.presentable(text))
      generation.add(delta)
      onDelta(delta)
      if (request.path === '/completion' && generation.isFinished) return
    }
  }
}

/** Leaves the connection to the next request, if the server ends the answer soon. */
function letEnd(stream: Readable, clock: Clock): void {
  const closed = new AbortController()
  stream.once('close', () => closed.abort())
  stream.on('error', () => closed.abort())
  stream.resume()
  void clock.sleep(END_MS, closed.signal).then(() => stream.destroy())
}

interface Watch {
  readonly clock: Clock
  readonly idleMs: number
  readonly heard: Readonly<Heard>
  readonly ending: AbortController
}

/** Ends a request whose answer has begun and then stays out. */
async function watchSilence({ clock, idleMs, heard, ending }: Watch, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const quietMs = clock.monotonicMs() - (heard.atMs ?? 0)
    if (quietMs >= idleMs) {
      const seconds = Math.round(idleMs / 1000)
      ending.abort(
        new JobFailureError('E_ENGINE', `the language-model server fell silent for ${seconds} s in the middle of its answer`),
      )
      return
    }
    // oxlint-disable-next-line no-await-in-loop -- it is the waiting that this loop is about
    await clock.sleep(idleMs - quietMs, signal)
  }
}

function parse(parser: SseParser, bytes: Uint8Array): { readonly data: string }[] {
  try {
    return parser.push(bytes)
  } catch (cause) {
    if (cause instanceof SseError) throw new ServerFailure(cause.message, { kind: 'garbled' }, { cause })
    throw cause
  }
}

function parseJson(data: string, client: LlmServerClient): unknown {
  try {
    return JSON.parse(data) as unknown
  } catch (cause) {
    const shown = client.presentable(data.slice(0, 80))
    throw new ServerFailure(`an event of the answer is no JSON: ${shown}`, { kind: 'garbled' }, { cause })
  }
}
