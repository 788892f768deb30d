import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { MessageLines, messageLine } from '../../../src/engine/message-lines.ts'
import { fromChild } from '../../../src/engine/messages.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { damagedJson } from '../mutations/json-edits.ts'

const MAX_LENGTH = 2_000

const MESSAGES = [
  { type: 'ready', name: 'llama.cpp', version: 'b1', backend: 'cpu', device: 'cpu' },
  { type: 'progress', runId: 1, progress: { type: 'token', data: 'Once\nupon \u{1f4a5}' } },
  { type: 'progress', runId: 1, progress: { type: 'progress', data: { done: 1, total: 4 } } },
  {
    type: 'done',
    runId: 1,
    mode: 'cpu',
    mediaType: 'application/json',
    output: { kind: 'inline', base64: 'e30=' },
    metrics: { tokens_per_s: 1.5 },
    environment: { engine: 'x', threads: 2, isGpu: false },
  },
  { type: 'failed', runId: 1, code: 'E_OOM', message: 'm' },
  { type: 'pong' },
  { type: 'fatal', message: 'm' },
]

const lines = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: damagedJson(fc.constantFrom(...MESSAGES)).map((text) => `${text}\n`) },
    { weight: 1, arbitrary: fc.constantFrom('\n', 'not json\n', '{"type":"pong"}', '\r\n', `"${'x'.repeat(MAX_LENGTH)}"\n`) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  ),
  { maxLength: 6 },
)

interface Stream {
  readonly bytes: Uint8Array
  readonly cuts: readonly number[]
}

type Reading = { readonly messages: readonly unknown[]; readonly error: string | null }

/**
 * What an engine child writes is read alike however it is cut into pieces, fails as no JSON or as too long and in no other
 * way, and never has more than one message kept in memory. A message of the channel comes back as it was sent.
 */
export const messageLines = fuzzTarget<Stream>({
  name: 'message-lines',
  input: () =>
    fc.record({
      bytes: lines.map((parts) => Buffer.from(parts.join(''), 'utf8')),
      cuts: fc.array(fc.nat(400), { maxLength: 12 }),
    }),
  open: () => ({
    holds: ({ bytes, cuts }) => {
      const whole = read([bytes])
      const cut = read(pieces(bytes, cuts))
      // Which of two bad lines is told of depends on the pieces.
      if ((whole.error === null) !== (cut.error === null))
        throw new Error(`whole it ends by ${whole.error}, in pieces by ${cut.error}`)
      if (whole.error === null && !isDeepStrictEqual(cut.messages, whole.messages))
        throw new Error('in pieces it says something else')
      for (const message of whole.messages) {
        const parsed = fromChild.safeParse(message)
        if (!parsed.success) continue
        const [back] = new MessageLines(Infinity).push(Buffer.from(messageLine(parsed.data)))
        if (!isDeepStrictEqual(back, JSON.parse(JSON.stringify(parsed.data))))
          throw new Error(`came back as ${JSON.stringify(back)}`)
      }
    },
  }),
})

function read(chunks: readonly Uint8Array[]): Reading {
  const lines = new MessageLines(MAX_LENGTH)
  const messages: unknown[] = []
  try {
    for (const chunk of chunks) messages.push(...lines.push(Buffer.from(chunk)))
    return { messages, error: null }
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return { messages, error: error.name }
    throw error
  }
}

function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, at) => bytes.subarray(places[at], end))
}
