import type { Token } from 'node-llama-cpp'
import { describe, expect, it } from 'vitest'
import { Batcher } from '../../../../src/engine/child/llama-batcher.ts'
import type { Generation } from '../../../../src/engine/child/llama-batcher.ts'
import { GrammarTime, StuckGrammarError } from '../../../../src/engine/child/llama-grammar-time.ts'
import { Sequences } from '../../../../src/engine/child/llama-sequences.ts'
import { ThreadChoice } from '../../../../src/engine/child/llama-thread-choice.ts'
import { FakeContext, SAMPLER, tokens } from './fake-llama.ts'

function machine(sequenceCount = 8) {
  const context = new FakeContext()
  const stuck: string[] = []
  const onStuck = (): void => void stuck.push('told')
  const batcher = new Batcher({ context, promptTokens: 16, threads: new ThreadChoice([1]), fixedThreads: 1, onStuck })
  const sequences = new Sequences(context, sequenceCount, true)
  const generate = async (prompt: Token[], count: number, options: Partial<Generation> = {}) => {
    const { isAlone = false, signal = new AbortController().signal } = options
    const sequence = await sequences.lend(prompt, isAlone, signal)
    const reused = sequence.tokens.length
    const made: number[] = []
    try {
      const onToken = (token: Token): boolean => made.push(token) < count
      const rest = prompt.slice(reused)
      await batcher.run({ sequence, tokens: rest, sampler: SAMPLER, grammarTime: null, isAlone, signal, onToken, ...options })
    } finally {
      sequences.giveBack(sequence)
    }
    return { made, reused }
  }
  return { context, generate, stuck }
}

function lookOften(look: () => void): () => void {
  const timer = setInterval(look, 1)
  return () => clearInterval(timer)
}

/** What the fake model makes of a prompt. */
function expected(prompt: readonly number[], count: number): number[] {
  const made: number[] = []
  while (made.length < count) made.push([...prompt, ...made].reduce((sum, token) => sum + token, 0) % 1000)
  return made
}

const range = (length: number, offset = 1): Token[] => tokens(...Array.from({ length }, (_none, at) => at + offset))

function withoutIds(batches: FakeContext['batches']) {
  return batches.map((batch) => batch.map((part) => [part.position, part.tokens]))
}

describe('Batcher', () => {
  it('computes generations that come and go together, each as if it were alone', async () => {
    const { context, generate } = machine()
    const jobs = [1, 5, 20, 40, 3].map((length, at) => ({ prompt: range(length, at + 1), count: at * 3 + 1 }))
    const made = await Promise.all(jobs.map(({ prompt, count }) => generate(prompt, count)))
    expect(made.map((one) => one.made)).toEqual(jobs.map(({ prompt, count }) => expected(prompt, count)))
    expect(Math.max(...context.batches.map((batch) => batch.length))).toBe(5)
  })

  it('keeps batches of prompts to their size', async () => {
    const { context, generate } = machine()
    await generate(range(50), 1)
    expect(context.batches.map((batch) => batch.map((part) => part.tokens.length))).toEqual([[16], [16], [16], [2]])
  })

  it('computes a generation that is to be alone in the same batches with company as without', async () => {
    const lonely = machine()
    await lonely.generate(range(40), 6, { isAlone: true })
    const { context, generate } = machine()
    const others = [2, 3, 4, 5].map((offset) => generate(range(20, offset), 12))
    const { made } = await generate(range(40), 6, { isAlone: true })
    await Promise.all(others)
    expect(made).toEqual(expected(range(40), 6))
    const id = context.batches.flat().find(({ tokens: [first], position }) => position === 0 && first === 1)?.id
    const batches = context.batches.filter((batch) => batch.some((part) => part.id === id))
    expect(withoutIds(batches)).toEqual(withoutIds(lonely.context.batches))
  })

  it('ends a canceled generation between two batches of its prompt, and no other one', async () => {
    const { context, generate } = machine()
    const cancel = new AbortController()
    context.onDecode = () => {
      if (context.batches.length === 2) cancel.abort(new Error('canceled'))
    }
    const canceled = generate(range(1000), 5, { signal: cancel.signal })
    const other = generate(range(3), 20)
    await expect(canceled).rejects.toThrow('canceled')
    expect((await other).made).toEqual(expected(range(3), 20))
    expect(context.batches.flat().filter(({ tokens: { length } }) => length > 3)).toHaveLength(2)
  })

  it('ends only the generation whose sampler fails', async () => {
    const { context, generate } = machine()
    const bad = { ...SAMPLER }
    context.onSample = (sampler) => {
      if (sampler === bad) throw new Error('no grammar')
    }
    const failing = generate(range(5), 5, { sampler: bad })
    const other = generate(range(4), 5)
    await expect(failing).rejects.toThrow('no grammar')
    expect((await other).made).toEqual(expected(range(4), 5))
  })

  it('tells when llama.cpp never comes back from a grammar, and ends the generation that it is of', async () => {
    const { context, generate, stuck } = machine()
    context.onSample = () => new Promise(() => {})
    const grammarTime = new GrammarTime({ spareLooks: 1, looksPerToken: 1, start: lookOften })
    await expect(generate(range(5), 5, { grammarTime })).rejects.toBeInstanceOf(StuckGrammarError)
    expect(stuck).toEqual(['told'])
  })

  it('forgets what a failed batch left behind', async () => {
    const { context, generate } = machine(1)
    context.onDecode = () => {
      if (context.batches.length === 3) throw new Error('eval failed')
    }
    await expect(generate(range(100), 5)).rejects.toThrow('eval failed')
    expect(await generate(range(100), 5)).toEqual({ made: expected(range(100), 5), reused: 0 })
  })
})

describe('Sequences', () => {
  it('goes on from the longest beginning that a prompt has in common with an earlier one, to the same result', async () => {
    const { generate } = machine(2)
    await generate(range(100), 4)
    await generate([...range(10), ...range(90, 500)], 4)
    const prompt = [...range(90), ...range(20, 700)]
    expect(await generate(prompt, 4)).toEqual({ made: expected(prompt, 4), reused: 90 })
  })

  it('computes at least the last token of a prompt again', async () => {
    const { generate } = machine(1)
    await generate(range(100), 4)
    expect(await generate(range(100), 4)).toEqual({ made: expected(range(100), 4), reused: 99 })
  })

  it('reuses nothing for a generation that is to be alone, and nothing of a few tokens', async () => {
    const { generate } = machine(1)
    await generate(range(100), 4)
    expect(await generate(range(100), 4, { isAlone: true })).toMatchObject({ reused: 0 })
    expect(await generate(range(20), 4)).toMatchObject({ reused: 0 })
  })

  it('lets more generations wait than there are sequences, unless they are canceled', async () => {
    const { generate } = machine(1)
    const cancel = new AbortController()
    const first = generate(range(3), 10)
    const second = generate(range(4), 10, { signal: cancel.signal })
    const third = generate(range(5), 10)
    cancel.abort(new Error('canceled'))
    await expect(second).rejects.toThrow('canceled')
    expect((await Promise.all([first, third])).map(({ made }) => made)).toEqual([expected(range(3), 10), expected(range(5), 10)])
  })
})
