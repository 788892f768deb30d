import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { Redactor } from '../../../src/domain/redactor.ts'
import { ServerFailure } from '../../../src/llm-server/server-failure.ts'
import { presentable } from '../../../src/llm-server/server-sentence.ts'
import { SseError, SseParser } from '../../../src/llm-server/sse-parser.ts'
import { readNativeChunk, readOpenAiChunk } from '../../../src/llm-server/stream-delta.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { damagedJson } from '../mutations/json-edits.ts'

const MAX_EVENT = 600
const REDACTOR = new Redactor(['a-key-of-the-fuzzer'])

const CHUNKS = [
  { choices: [{ text: 'Once', finish_reason: null, token_ids: [1] }] },
  { choices: [{ delta: { content: 'é' }, finish_reason: 'stop', stop_reason: 'END' }] },
  { choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } },
  { content: 'a', tokens: [1, 2], stop: true, stop_type: 'eos', tokens_predicted: 2, tokens_evaluated: 1 },
  { error: { message: 'out of memory' } },
]

const line = fc.oneof(
  { weight: 6, arbitrary: damagedJson(fc.constantFrom(...CHUNKS)).map((json) => `data: ${json}`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '',
      '',
      'data',
      'data:',
      'data: [DONE]',
      ': ping',
      'event: x',
      'id: 1',
      'retry: 5',
      '\ufeffdata: x',
      ' data: y',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
)
const text = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\r\n\r\n', '')), { maxLength: 8 })
  .map((lines) => lines.flat().join(''))

interface Stream {
  readonly bytes: Uint8Array
  readonly cuts: readonly number[]
}

/**
 * A server's stream is read alike however the network cuts it, as the WHATWG's algorithm reads it, and breaks off by an
 * `SseError` or a `ServerFailure` alone.
 */
export const sseStream = fuzzTarget<Stream>({
  name: 'sse-stream',
  input: () =>
    fc.record({
      bytes: fc.oneof(
        { weight: 9, arbitrary: text.map((text) => Buffer.from(text)) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
      ),
      cuts: fc.array(fc.nat(300), { maxLength: 10 }),
    }),
  open: () => ({
    holds: ({ bytes, cuts }) => {
      const events = read([bytes])
      const inPieces = read(pieces(bytes, cuts))
      if (events === null || inPieces === null) {
        // The limit counts what waits for its end, which a cut can make longer by a line end.
        if (events !== inPieces && !isNearLimit(bytes)) throw new Error('refused in one form, and not in the other')
        return
      }
      if (!isDeepStrictEqual(inPieces, events))
        throw new Error(`whole: ${JSON.stringify(events)}, in pieces: ${JSON.stringify(inPieces)}`)
      const expected = eventsOf(new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true }))
      if (!isDeepStrictEqual(events, expected))
        throw new Error(`read ${JSON.stringify(events)} instead of ${JSON.stringify(expected)}`)
      for (const data of events) readBoth(data)
    },
  }),
})

function read(chunks: readonly Uint8Array[]): string[] | null {
  const parser = new SseParser(MAX_EVENT)
  try {
    return chunks.flatMap((chunk) => parser.push(chunk).map(({ data }) => data))
  } catch (error) {
    if (error instanceof SseError) return null
    throw error
  }
}

function isNearLimit(bytes: Uint8Array): boolean {
  return bytes.length >= MAX_EVENT
}

/** WHATWG HTML, 9.2.6, on the whole text at once. */
function eventsOf(text: string): string[] {
  const events: string[] = []
  let data: string[] = []
  const lines = text.split(/\r\n|\r|\n/)
  for (const line of text.endsWith('\r') ? lines.slice(0, -2) : lines.slice(0, -1)) {
    if (line === '') {
      if (data.length > 0) events.push(data.join('\n'))
      data = []
    } else if (line === 'data') data.push('')
    else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
  }
  return events
}

function readBoth(data: string): void {
  let json: unknown
  try {
    json = JSON.parse(data)
  } catch {
    return
  }
  for (const readChunk of [readOpenAiChunk, readNativeChunk]) {
    try {
      const { tokenIds, usage } = readChunk(json, (said) => presentable(said, REDACTOR))
      const counts = [...(tokenIds ?? []), ...(usage === null ? [] : Object.values(usage))]
      if (counts.some((count) => !Number.isSafeInteger(count) || count < 0))
        throw new Error(`no counts: ${JSON.stringify(counts)}`)
    } catch (error) {
      if (!(error instanceof ServerFailure)) throw error
    }
  }
}

function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, at) => bytes.subarray(places[at], end))
}
