import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import type { EnginePool } from '../../../src/engine/engine-pool.ts'
import { enginePool, failureOf, firstProgress, outputOf, runRequest } from './engine-fixture.ts'

const reference = z
  .object({
    prompts: z.array(z.object({ prompt: z.string(), prompt_ids: z.array(z.int()), greedy: z.array(z.int()), text: z.string() })),
  })
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/llm/llm-f16.json', import.meta.url), 'utf8')))

const END_TOKENS = new Set([2, 4])

/** What the job must give, by the reference. */
function expectedOf({ greedy, text }: (typeof reference.prompts)[number]): unknown {
  const tokens = greedy.filter((token) => !END_TOKENS.has(token))
  return {
    tokens,
    text: text.replace(/<\/s>$|<\|im_end\|>$/, ''),
    finish_reason: tokens.length < greedy.length ? 'stop' : 'length',
  }
}

async function generate(pool: EnginePool, params: object): Promise<unknown> {
  return outputOf(await pool.run(await runRequest('llm_gen', params)))
}

describe('llm_gen', () => {
  it('gives the tokens and the text of the reference for every prompt, one after the other and all together', async () => {
    const pool = await enginePool()
    const expected = reference.prompts.map(expectedOf)
    const single: unknown[] = []
    for (const { prompt } of reference.prompts) single.push(await generate(pool, { prompt, max_tokens: 48 }))
    expect(single).toEqual(expected)
    const together = await Promise.all(reference.prompts.map(({ prompt }) => generate(pool, { prompt, max_tokens: 48 })))
    expect(together).toEqual(expected)
  })

  it('counts tokens in its metrics, and gives canonical bytes whose hash is the same each time', async () => {
    const pool = await enginePool()
    const run = async () => pool.run(await runRequest('llm_gen', { prompt: 'Today is Monday. Tomorrow is' }))
    const [first, second] = [await run(), await run()]
    expect(first.metrics).toMatchObject({ prompt_tokens: reference.prompts[2]?.prompt_ids.length, completion_tokens: 6 })
    expect(first.output.sha256).toBe(second.output.sha256)
    const data = first.output.bytes.kind === 'memory' ? Buffer.from(first.output.bytes.data).toString() : ''
    expect(data).toMatch(/^\{"finish_reason":"stop","text":" Tuesday\. Yesterday was Sunday\.","tokens":\[[\d,]+\]\}$/)
    expect(first).toMatchObject({ mode: 'cpu', environment: { engine: 'llama.cpp', backend: 'cpu' } })
  })

  it('lays messages out by the template of the model', async () => {
    const pool = await enginePool()
    const messages = [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: 'What is the capital of Japan?' },
    ]
    expect(await generate(pool, { messages })).toMatchObject({ text: 'The capital of Japan is Tokyo.', finish_reason: 'stop' })
  })

  it('streams exactly the text, with no half characters and nothing of a stop string', async () => {
    const pool = await enginePool()
    const pieces: string[] = []
    const stream = async (params: object) => {
      pieces.length = 0
      const onProgress = ({ type, data }: { readonly type: string; readonly data: unknown }): void => {
        if (type === 'token') pieces.push(String(data))
      }
      return outputOf(await pool.run(await runRequest('llm_gen', params, { onProgress })))
    }
    expect(await stream({ messages: [{ role: 'user', content: 'Show me a cat emoji.' }] })).toMatchObject({
      text: pieces.join(''),
    })
    expect(pieces.join('')).toBe('Here is a cat emoji: 🐱')
    expect(pieces.join('|')).not.toContain('\u{fffd}')
    expect(await stream({ prompt: 'Once upon a time', stop: ['zzz', ' small town'] })).toMatchObject({
      text: ', a funny boy named Tom lived in a',
      finish_reason: 'stop',
    })
    expect(pieces.join('')).toBe(', a funny boy named Tom lived in a')
  })

  it('samples the same text from the same seed, and another from another', async () => {
    const pool = await enginePool()
    const sample = (seed: number) => generate(pool, { prompt: 'Once upon a time', temperature: 1, max_tokens: 24, seed })
    const [first, again, other] = [await sample(5), await sample(5), await sample(6)]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it('follows a JSON schema and a grammar', async () => {
    const pool = await enginePool()
    const schema = { type: 'object', properties: { color: { enum: ['red', 'blue'] }, count: { type: 'integer' } } }
    const made = z.object({ text: z.string() }).parse(await generate(pool, { prompt: 'JSON: ', json_schema: schema }))
    expect(JSON.parse(made.text)).toEqual({ color: expect.stringMatching(/^(red|blue)$/), count: expect.any(Number) })
    expect(await generate(pool, { prompt: 'Is it?', grammar: 'root ::= "yes" | "no"' })).toMatchObject({
      text: expect.stringMatching(/^(yes|no)$/),
    })
    const failure = await failureOf(pool.run(await runRequest('llm_gen', { prompt: 'Is it?', grammar: 'root ::= ((' })))
    expect(failure).toMatchObject({ code: 'E_INVALID', message: expect.stringContaining('grammar') })
  })

  it('says so when the grammar allows no token, and goes on', async () => {
    const pool = await enginePool()
    const failure = await failureOf(
      pool.run(await runRequest('llm_gen', { prompt: 'Is it?', grammar: 'root ::= <[999999999]>' })),
    )
    expect(failure).toMatchObject({ code: 'E_INVALID', message: expect.stringContaining('no token of this model can follow') })
    expect(await generate(pool, { prompt: 'Is it?', grammar: 'root ::= "yes"' })).toMatchObject({ text: 'yes' })
    expect(pool.status()[0]?.restarts).toBe(0)
  })

  it('refuses a prompt that is longer than the context, with the numbers', async () => {
    const pool = await enginePool()
    const failure = await failureOf(pool.run(await runRequest('llm_gen', { prompt: 'hello '.repeat(600) })))
    expect(failure).toMatchObject({ code: 'E_INVALID', message: expect.stringMatching(/603 tokens.* 512/) })
  })

  it('ends between two tokens when it is canceled, and keeps its model warm', async () => {
    const pool = await enginePool({ cancelGraceMs: 10_000 })
    const cancel = new AbortController()
    const { seen, onProgress } = firstProgress()
    const long = {
      prompt: 'Once upon a time',
      max_tokens: 500,
      temperature: 1,
      repeat_penalty: 1.2,
      grammar: 'root ::= [a-z .,]*',
    }
    const run = failureOf(pool.run(await runRequest('llm_gen', long, { signal: cancel.signal, onProgress })))
    await seen
    const pid = pool.status()[0]?.pid
    cancel.abort(new JobFailureError('E_CANCELED', 'test'))
    expect((await run).code).toBe('E_CANCELED')
    expect(await generate(pool, { prompt: 'Today is Monday. Tomorrow is' })).toMatchObject({ finish_reason: 'stop' })
    expect(pool.status()[0]?.pid).toBe(pid)
  })

  it('fails bad params, unknown models and unknown workloads without starting a child', async () => {
    const pool = await enginePool({ enabledWorkloads: ['llm_gen'] })
    const codes = [
      ['llm_gen', { prompt: 'a', messages: [{ role: 'user', content: 'a' }] }, 'E_INVALID'],
      ['llm_gen', { prompt: 'a', model: 'gpt-17' }, 'E_INPUT'],
      ['torch_bench', {}, 'E_DENY'],
      ['matrix_challenge', {}, 'E_UNSUPPORTED'],
    ] as const
    for (const [workload, params, code] of codes) {
      expect((await failureOf(pool.run(await runRequest(workload, params)))).code).toBe(code)
    }
    expect(pool.status().every(({ pid }) => pid === null)).toBe(true)
  })
})
