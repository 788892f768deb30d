import { describe, expect, it } from 'vitest'
import { dialectOf } from '../../../src/llm-server/dialect.ts'
import { generationRequest } from '../../../src/llm-server/generation-request.ts'
import type { GenerationRequest } from '../../../src/llm-server/generation-request.ts'
import type { ServerKind } from '../../../src/llm-server/server-kind.ts'
import { llmGenParams } from '../../../src/workloads/llm-gen/schema.ts'
import { errorOf } from '../../support/error-of.ts'

const NOTHING: ReadonlySet<string> = new Set()
const CHAT = { messages: [{ role: 'user', content: 'hi' }] }
const SCHEMA = { type: 'object', properties: { a: { type: 'boolean' } } }

function request(kind: ServerKind, params: unknown, version: string | null = null, without = NOTHING): GenerationRequest {
  return generationRequest(llmGenParams.parse(params), 'm', dialectOf({ kind, version }), without)
}

describe('generationRequest', () => {
  it('has a default for top_k that is the schema’s', () => {
    expect(request('vllm', { prompt: 'x' }).body).toMatchObject({ top_k: llmGenParams.parse({ prompt: 'x' }).top_k })
    expect(request('unknown', { prompt: 'x' }).body).not.toHaveProperty('top_k')
  })

  it('writes every setting in the words of vLLM, and asks for token ids and counts', () => {
    const params = {
      prompt: 'x',
      max_tokens: 7,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 0,
      min_p: 0.1,
      repeat_penalty: 1.2,
      seed: 4,
      stop: ['.'],
    }
    expect(request('vllm', params)).toMatchObject({
      path: '/v1/completions',
      body: {
        model: 'm',
        prompt: 'x',
        max_tokens: 7,
        temperature: 0.5,
        top_p: 0.9,
        top_k: -1,
        min_p: 0.1,
        repetition_penalty: 1.2,
        seed: 4,
        stop: ['.'],
        stream: true,
        stream_options: { include_usage: true },
        return_token_ids: true,
      },
    })
  })

  it('sends messages to the chat path of every kind of server', () => {
    for (const kind of ['vllm', 'sglang', 'llama-server', 'ollama', 'tgi', 'unknown'] as const) {
      expect(request(kind, CHAT)).toMatchObject({ path: '/v1/chat/completions', body: CHAT })
    }
  })

  it('takes llama-server’s own path for a prompt, since only that tells token ids, and OpenAI’s where it has none', () => {
    const params = { prompt: 'x', max_tokens: 7, repeat_penalty: 1.2, json_schema: SCHEMA }
    expect(request('llama-server', params)).toMatchObject({
      path: '/completion',
      body: { prompt: 'x', n_predict: 7, repeat_penalty: 1.2, repeat_last_n: 64, return_tokens: true, json_schema: SCHEMA },
    })
    const fallback = request('llama-server', params, null, new Set(['/completion']))
    expect(fallback).toMatchObject({ path: '/v1/completions', body: { prompt: 'x', max_tokens: 7, json_schema: SCHEMA } })
    expect(fallback.body).not.toHaveProperty('n_predict')
  })

  it('asks SGLang for token ids with a prompt alone', () => {
    expect(request('sglang', { prompt: 'x' }).body).toHaveProperty('return_token_ids', true)
    expect(request('sglang', CHAT).body).not.toHaveProperty('return_token_ids')
  })

  it('leaves out what the server has refused before', () => {
    const { body } = request('vllm', { prompt: 'x' }, null, new Set(['return_token_ids', 'stream_options']))
    expect(body).not.toHaveProperty('return_token_ids')
    expect(body).not.toHaveProperty('stream_options')
  })

  it('leaves neutral settings out where the server has no word for them, or refuses them', () => {
    for (const kind of ['ollama', 'tgi', 'unknown'] as const) {
      expect(Object.keys(request(kind, { prompt: 'x' }).body)).toEqual([
        'model',
        'prompt',
        'max_tokens',
        'temperature',
        'seed',
        'stream',
        'stream_options',
      ])
    }
  })

  it.each([
    ['vllm', '0.11.0', { structured_outputs: { grammar: 'root ::= "a"' } }],
    ['vllm', '0.10.2', { guided_grammar: 'root ::= "a"' }],
    ['vllm', null, { structured_outputs: { grammar: 'root ::= "a"' } }],
    ['sglang', null, { ebnf: 'root ::= "a"' }],
    ['llama-server', 'b1', { grammar: 'root ::= "a"' }],
  ] as const)('writes a grammar as %s %s reads it', (kind, version, fields) => {
    expect(request(kind, { ...CHAT, grammar: 'root ::= "a"' }, version).body).toMatchObject(fields)
  })

  it.each([
    ['vllm', { type: 'json_schema', json_schema: { name: 'output', strict: true, schema: SCHEMA } }],
    ['ollama', { type: 'json_schema', json_schema: { name: 'output', strict: true, schema: SCHEMA } }],
    ['tgi', { type: 'json', value: SCHEMA }],
  ] as const)('writes a json_schema as %s reads it', (kind, format) => {
    expect(request(kind, { ...CHAT, json_schema: SCHEMA }).body).toMatchObject({ response_format: format })
  })

  it.each([
    ['ollama', { ...CHAT, min_p: 0.1 }, 'min_p'],
    ['vllm', { prompt: 'x', deterministic: true }, 'deterministic'],
    ['ollama', { ...CHAT, repeat_penalty: 1.1 }, 'repeat_penalty'],
    ['tgi', { ...CHAT, temperature: 1, top_k: 5 }, 'top_k'],
    ['ollama', { ...CHAT, grammar: 'root ::= "a"' }, 'grammar'],
    ['unknown', { ...CHAT, grammar: 'root ::= "a"' }, 'grammar'],
    ['tgi', { prompt: 'x', json_schema: SCHEMA }, 'json_schema'],
  ] as const)('refuses with %s what it would pass over: %j', (kind, params, named) => {
    const error = errorOf(() => request(kind, params))
    expect(error).toMatchObject({ failure: { code: 'E_UNSUPPORTED' }, message: expect.stringContaining(named) })
  })

  it('lets top_k be where it makes no difference', () => {
    expect(request('tgi', { ...CHAT, temperature: 0, top_k: 5 }).body).not.toHaveProperty('top_k')
  })

  it('doubts the extra settings of a server of an unknown kind alone', () => {
    expect(request('unknown', { prompt: 'x', min_p: 0.1, repeat_penalty: 1.1 }).doubtful).toEqual([
      'min_p',
      'repetition_penalty',
      'repeat_penalty',
      'repeat_last_n',
    ])
    expect(request('vllm', { prompt: 'x', min_p: 0.1 }).doubtful).toEqual([])
  })
})
