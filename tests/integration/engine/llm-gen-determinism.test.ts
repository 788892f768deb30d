import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { EnginePool } from '../../../src/engine/engine-pool.ts'
import { enginePool, outputOf, runRequest } from './engine-fixture.ts'

const tokensOf = z.object({ tokens: z.array(z.int()) })

async function generate(pool: EnginePool, params: object): Promise<readonly number[]> {
  return tokensOf.parse(outputOf(await pool.run(await runRequest('llm_gen', params)))).tokens
}

/** Seven other jobs, of other lengths, for as long as the one in question may take. */
function noise(pool: EnginePool): Promise<unknown>[] {
  return Array.from({ length: 7 }, (_none, seed) =>
    generate(pool, {
      prompt: `There was ${'a cat and '.repeat(seed * 5)}a dog`,
      temperature: 1.5,
      seed,
      max_tokens: 150,
      grammar: 'root ::= [a-z .,]*',
    }),
  )
}

describe('a deterministic llm_gen', () => {
  it.each([
    { temperature: 0, seed: 0 },
    { temperature: 1, seed: 11 },
    { temperature: 1, seed: 2 ** 32 - 1 },
  ])('gives the same tokens alone, among seven other jobs and after them: %j', async (sampling) => {
    const pool = await enginePool({ parallelRuns: 8 })
    const params = { prompt: 'Once upon a time', ...sampling, max_tokens: 40, deterministic: true }
    const run = () => generate(pool, params)
    const alone = await run()
    const others = noise(pool)
    const among = await run()
    await Promise.all(others)
    expect(among).toEqual(alone)
    expect(await run()).toEqual(alone)
    expect(await generate(await enginePool(), params)).toEqual(alone)
  })
})

describe('the beginning of a prompt', () => {
  it('may be kept from a job that shares it: the text is the same as without that, and nothing tells of it', async () => {
    const pool = await enginePool({ parallelRuns: 1 })
    const start = 'Tom had a small red ball and a big blue box. '.repeat(5)
    const ask = async (rest: string, deterministic = false) =>
      pool.run(await runRequest('llm_gen', { prompt: start + rest, max_tokens: 16, deterministic }))
    await ask('He took the ball')
    const second = await ask('She took the box')
    const fresh = await ask('She took the box', true)
    expect(Object.keys(second.metrics).join(' ')).not.toMatch(/reuse|cache/)
    expect(outputOf(second)).toEqual(outputOf(fresh))
  })
})
