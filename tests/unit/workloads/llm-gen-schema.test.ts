import { describe, expect, it } from 'vitest'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import { llmGenPromptBytes } from '../../../src/workloads/llm-gen/schema.ts'
import { WORKLOADS } from '../../../src/workloads/workload-table.ts'

function parse(workload: string, params: unknown): unknown {
  return WORKLOADS.get(workload)?.read(params).params
}

function failure(workload: string, params: unknown): JobFailureError['failure'] {
  try {
    parse(workload, params)
  } catch (error) {
    if (error instanceof JobFailureError) return error.failure
    throw error
  }
  throw new Error('the params were taken')
}

/** A JSON schema of so many arrays in each other. */
function nestedArrays(depth: number): unknown {
  let schema: unknown = { type: 'string' }
  for (let level = 0; level < depth; level += 1) schema = { type: 'array', items: schema }
  return schema
}

describe('params of llm_gen', () => {
  it('get the defaults of the API, and lose what nobody knows', () => {
    expect(parse('llm_gen', { prompt: 'a', novelty: 1 })).toEqual({
      prompt: 'a',
      max_tokens: 256,
      temperature: 0,
      top_p: 1,
      top_k: 40,
      min_p: 0,
      repeat_penalty: 1,
      seed: 0,
      deterministic: false,
      stop: [],
    })
  })

  it.each([
    [{}, 'exactly one of prompt and messages'],
    [{ prompt: 'a', messages: [{ role: 'user', content: 'a' }] }, 'exactly one of prompt and messages'],
    [{ prompt: '' }, 'prompt'],
    [{ messages: [{ role: 'tool', content: 'a' }] }, 'messages.0.role'],
    [{ prompt: 'a', max_tokens: 0 }, 'max_tokens'],
    [{ prompt: 'a', max_tokens: 1.5 }, 'max_tokens'],
    [{ prompt: 'a', temperature: -1 }, 'temperature'],
    [{ prompt: 'a', top_p: 0 }, 'top_p'],
    [{ prompt: 'a', seed: 2 ** 32 }, 'seed'],
    [{ prompt: 'a', stop: [''] }, 'stop.0'],
    [{ prompt: 'a', grammar: 'root ::= "a"', json_schema: { type: 'string' } }, 'at most one of json_schema and grammar'],
    [{ prompt: 'a', json_schema: { type: 'string', pattern: 'a+' } }, 'json_schema'],
  ])('%j are refused for %s', (params, words) => {
    expect(failure('llm_gen', params)).toMatchObject({ code: 'E_INVALID', message: expect.stringContaining(words) })
  })

  it('are refused when they nest deeper, or say more, than what reads them can bear', () => {
    expect(failure('llm_gen', { prompt: 'a', json_schema: nestedArrays(100_000) }).message).toContain('levels deep')
    const grammar = `root ::= ${'( ")" '.repeat(200)}${')'.repeat(200)}`
    expect(failure('llm_gen', { prompt: 'a', grammar }).message).toContain('brackets')
    expect(failure('llm_gen', { prompt: 'a'.repeat(10_000_000) })).toMatchObject({ code: 'E_INVALID' })
  })

  it('are counted in bytes of everything the model is to read', () => {
    expect(llmGenPromptBytes({ prompt: 'é' })).toBe(2)
    const messages = [
      { role: 'system' as const, content: 'abc' },
      { role: 'user' as const, content: '😀' },
    ]
    expect(llmGenPromptBytes({ messages })).toBe(7)
  })

  it('may have a nested JSON schema', () => {
    const json_schema = {
      type: 'object',
      properties: { tags: { type: 'array', items: { enum: ['a', 'b'] }, maxItems: 3 }, when: { type: 'string', format: 'date' } },
      required: ['tags'],
    }
    expect(parse('llm_gen', { prompt: 'a', json_schema })).toMatchObject({ json_schema })
  })

  it.each([
    [{ $ref: '#/$defs/b', $defs: { a: { type: 'string' } } }, 'json_schema: $ref "#/$defs/b" leads to nothing'],
    [{ type: 'array', items: { $ref: '#/$defs/__proto__' } }, '$ref "#/$defs/__proto__" leads to nothing'],
    [{ type: 'string', minLength: 9, maxLength: 2 }, 'minLength 9 is more than maxLength 2'],
    [{ oneOf: [{ type: 'array', minItems: 3, maxItems: 1 }] }, 'minItems 3 is more than maxItems 1'],
    [{ type: 'object', properties: { a: { type: 'string' } }, required: ['a', 'toString'] }, 'required names "toString"'],
    [{ enum: Array.from({ length: 50_000 }, () => ({})) }, 'more than 20000 parts'],
  ])('are refused for a JSON schema that no text can follow: %j', (json_schema, words) => {
    // Processor time: other programs of a busy machine do not count.
    const start = process.cpuUsage()
    expect(failure('llm_gen', { prompt: 'a', json_schema })).toMatchObject({
      code: 'E_INVALID',
      message: expect.stringContaining(words),
    })
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(5000)
  })

  it.each([
    { $defs: { list: { type: 'array', items: { $ref: '#/$defs/list' } } }, $ref: '#/$defs/list' },
    { type: 'object', properties: { a: { $ref: '#/$defs/x' } }, required: ['a'], $defs: { x: { type: 'null' } } },
    { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 },
  ])('may have a JSON schema such as %j', (json_schema) => {
    expect(parse('llm_gen', { prompt: 'a', json_schema })).toMatchObject({ json_schema })
  })

  it('report all their problems at once', () => {
    expect(failure('llm_gen', { prompt: 'a', top_k: -1, min_p: 2 }).message).toMatch(/top_k.*min_p/)
  })
})

describe('params of torch_bench', () => {
  it('get the defaults of the API', () => {
    expect(parse('torch_bench', {})).toEqual({ size: 1024, iterations: 100, dtype: 'float32', seed: 0 })
  })

  it.each([[{ size: 0 }], [{ size: 4097 }], [{ iterations: 0 }], [{ seed: -1 }], [{ dtype: 'int8' }], ['size 3'], [null]])(
    '%j are refused',
    (params) => {
      expect(failure('torch_bench', params).code).toBe('E_INVALID')
    },
  )

  it('may name a dtype that other miners have', () => {
    expect(failure('torch_bench', { dtype: 'float64' })).toMatchObject({ code: 'E_UNSUPPORTED', retryable: true })
  })
})
