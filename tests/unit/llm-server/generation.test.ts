import { describe, expect, it } from 'vitest'
import { Generation } from '../../../src/llm-server/generation.ts'
import { readNativeChunk, readOpenAiChunk } from '../../../src/llm-server/stream-delta.ts'
import type { StreamDelta } from '../../../src/llm-server/stream-delta.ts'
import { errorOf } from '../../support/error-of.ts'

const asItIs = (text: string): string => text

function generation(deltas: readonly StreamDelta[], maxBytes = 1000, maxTokens = 100): Generation {
  const all = new Generation(maxBytes, maxTokens)
  for (const delta of deltas) all.add(delta)
  return all
}

function openAi(choice: unknown, usage: unknown = null): StreamDelta {
  return readOpenAiChunk({ choices: choice === null ? [] : [choice], usage }, asItIs)
}

const usage = (completion_tokens: number): StreamDelta => openAi(null, { prompt_tokens: 2, completion_tokens })

describe('Generation', () => {
  it('takes the end token of vLLM off the ids', () => {
    const { text, tokens, finishReason } = generation([
      openAi({ text: 'a', token_ids: [5] }),
      openAi({ text: 'b', token_ids: [6, 2], finish_reason: 'stop', stop_reason: null }),
      usage(3),
    ]).complete()
    expect({ text, tokens, finishReason }).toEqual({ text: 'ab', tokens: [5, 6], finishReason: 'stop' })
  })

  it('keeps the tokens of a stop string, as this miner’s own engine does', () => {
    const { tokens } = generation([
      openAi({ text: 'a', token_ids: [5] }),
      openAi({ text: '', token_ids: [7], finish_reason: 'stop', stop_reason: '.' }),
      usage(2),
    ]).complete()
    expect(tokens).toEqual([5, 7])
  })

  it('keeps all tokens at max_tokens', () => {
    const done = generation([openAi({ text: 'a', token_ids: [5], finish_reason: 'length' }), usage(1)], 1000, 1).complete()
    expect(done).toMatchObject({ tokens: [5], finishReason: 'length', usage: { promptTokens: 2, completionTokens: 1 } })
  })

  it('has no ids when the server told none, or fewer than it counts', () => {
    expect(generation([openAi({ text: 'a', finish_reason: 'stop' }), usage(2)]).complete().tokens).toEqual([])
    const someMissing = [
      openAi({ text: 'ab', token_ids: [5] }),
      openAi({ text: '', token_ids: [2], finish_reason: 'stop' }),
      usage(3),
    ]
    expect(generation(someMissing).complete().tokens).toEqual([])
    const onePieceWithout = [
      openAi({ text: 'a', token_ids: [5] }),
      openAi({ text: 'b' }),
      openAi({ text: '', finish_reason: 'length' }),
    ]
    expect(generation(onePieceWithout).complete().tokens).toEqual([])
  })

  it('has no ids when there are more than were asked for', () => {
    const flood = openAi({ text: 'a', token_ids: [1, 2, 3, 4, 5], finish_reason: 'length' })
    expect(generation([flood], 1000, 3).complete().tokens).toEqual([])
  })

  it.each([
    ['eos_token', 'stop'],
    ['stop_sequence', 'stop'],
    ['tool_calls', 'stop'],
    ['length', 'length'],
  ])('reads the reason %s as %s', (reason, expected) => {
    expect(generation([openAi({ text: 'a', finish_reason: reason })]).complete().finishReason).toBe(expected)
  })

  it.each([
    ['content_filter', 'E_DENY'],
    ['abort', 'E_ENGINE'],
  ])('takes no text that ended by %s', (reason, code) => {
    const ended = generation([openAi({ text: 'a', finish_reason: reason })])
    expect(errorOf(() => ended.complete())).toMatchObject({ failure: { code } })
  })

  it('takes no text whose end was not told', () => {
    const cut = generation([openAi({ text: 'a' }), usage(1)])
    expect(errorOf(() => cut.complete())).toMatchObject({ failure: { code: 'E_ENGINE' } })
  })

  it('stops at the limit of bytes, counted in UTF-8', () => {
    expect(() => generation([openAi({ text: 'ääää' })], 8)).not.toThrow()
    expect(errorOf(() => generation([openAi({ text: 'ääää' }), openAi({ text: 'b' })], 8))).toMatchObject({
      failure: { code: 'E_OUTPUT' },
    })
  })
})

describe('readNativeChunk', () => {
  it('reads llama-server’s own events', () => {
    const done = generation([
      readNativeChunk({ content: 'a', tokens: [5], stop: false }, asItIs),
      readNativeChunk({ content: '', tokens: [2], stop: false }, asItIs),
      readNativeChunk(
        { content: '', tokens: [], stop: true, stop_type: 'eos', tokens_predicted: 2, tokens_evaluated: 9 },
        asItIs,
      ),
    ]).complete()
    expect(done).toEqual({
      text: 'a',
      tokens: [5],
      finishReason: 'stop',
      usage: { promptTokens: 9, completionTokens: 2 },
    })
  })
})

describe('readOpenAiChunk', () => {
  it.each([
    { error: { message: 'out of memory', code: 500 } },
    { error: 'out of memory', error_type: 'generation' },
    { object: 'error', message: 'out of memory', code: 500 },
  ])('throws what the server says of an error within the stream: %j', (event) => {
    const error = errorOf(() => readOpenAiChunk(event, (text) => `<${text}>`))
    expect(error).toMatchObject({ details: { kind: 'broken', said: '<out of memory>' } })
  })

  it('throws for an event that is none of this API', () => {
    for (const event of [null, 'text', { choices: 'none' }, { choices: [{ text: 5 }] }, { choices: [{ token_ids: [-1] }] }]) {
      expect(errorOf(() => readOpenAiChunk(event, asItIs))).toMatchObject({ details: { kind: 'garbled' } })
    }
  })
})
