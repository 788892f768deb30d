import { describe, expect, it } from 'vitest'
import { ThreadChoice } from '../../../../src/engine/child/llama-thread-choice.ts'

/** Runs batches of one size and tells how many used each number of threads. */
function run(choice: ThreadChoice, batches: number, tokens: number, msOf: (threads: number) => number): Map<number, number> {
  const used = new Map<number, number>()
  for (let batch = 0; batch < batches; batch += 1) {
    const threads = choice.choose(tokens)
    used.set(threads, (used.get(threads) ?? 0) + 1)
    choice.record(tokens, msOf(threads))
  }
  return used
}

describe('ThreadChoice', () => {
  it('settles on the faster number, and hardly ever tries another one', () => {
    expect(run(new ThreadChoice([1, 2]), 1000, 8, (threads) => 10 / threads).get(1)).toBeLessThan(80)
    expect(run(new ThreadChoice([1, 2]), 1000, 8, (threads) => 10 * threads).get(2)).toBeLessThan(80)
  })

  it('leaves threads that have become slow within a few batches, and comes back when they are fast again', () => {
    const choice = new ThreadChoice([2, 1])
    run(choice, 200, 8, (threads) => 10 / threads)
    const busy = run(choice, 200, 8, (threads) => (threads === 2 ? 100 : 10))
    expect(busy.get(2)).toBeLessThan(12)
    expect(run(choice, 1000, 8, (threads) => 10 / threads).get(2)).toBeGreaterThan(600)
  })

  it('is not misled by single batches that took longer or shorter', () => {
    const choice = new ThreadChoice([1, 2])
    let batch = 0
    const noisy = (threads: number): number => {
      batch += 1
      if (batch % 5 === 0) return threads === 2 ? 15 : 4
      return 10 / threads
    }
    expect(run(choice, 1000, 8, noisy).get(2)).toBeGreaterThan(800)
  })

  it('breaks a trial off whose batches take far longer', () => {
    expect(run(new ThreadChoice([1, 2]), 100, 8, (threads) => (threads === 2 ? 1000 : 10)).get(2)).toBeLessThan(4)
  })

  it('decides for each size of batch by itself', () => {
    const choice = new ThreadChoice([1, 2])
    run(choice, 100, 1, (threads) => threads)
    run(choice, 100, 8, (threads) => 1 / threads)
    expect(choice.choose(1)).toBe(1)
    expect(choice.choose(8)).toBe(2)
  })

  it('always takes the only number there is', () => {
    expect(run(new ThreadChoice([3]), 500, 1, () => 1)).toEqual(new Map([[3, 500]]))
  })
})
