import { describe, expect, it } from 'vitest'
import { GrammarTime, StuckGrammarError } from '../../../../src/engine/child/llama-grammar-time.ts'
import { JobFailureError } from '../../../../src/domain/failure-codes.ts'

const idle = (): void => {}

/** A grammar's time with two looks to spare and one for each token, taken when the test says so. */
function watched() {
  let look = idle
  const start = (given: () => void): (() => void) => {
    look = given
    return () => (look = idle)
  }
  const time = new GrammarTime({ spareLooks: 2, looksPerToken: 1, start })
  /** A token that comes after so many looks; null for none that ever comes. */
  const token = (looks: number, comes = true): Promise<number> => {
    const { promise, resolve } = Promise.withResolvers<number>()
    const result = time.watch(promise)
    for (let at = 0; at < looks; at += 1) look()
    if (comes) resolve(7)
    return result
  }
  return token
}

describe('GrammarTime', () => {
  it('lets tokens through that come in time on average, however many', async () => {
    const token = watched()
    for (let at = 0; at < 50; at += 1) expect(await token(1)).toBe(7)
    expect(await token(3)).toBe(7)
  })

  it('ends a run whose tokens take too long together', async () => {
    const token = watched()
    expect(await token(2)).toBe(7)
    expect(await token(2)).toBe(7)
    const error: unknown = await token(2).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(JobFailureError)
    expect(error).not.toBeInstanceOf(StuckGrammarError)
    expect(error).toMatchObject({ failure: { code: 'E_INVALID' } })
  })

  it('tells of a token that never comes', async () => {
    await expect(watched()(6, false)).rejects.toBeInstanceOf(StuckGrammarError)
  })
})
