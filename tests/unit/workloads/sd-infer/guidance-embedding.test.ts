import { describe, expect, it } from 'vitest'
import { guidanceEmbedding } from '../../../../src/workloads/sd-infer/guidance-embedding.ts'

describe('guidanceEmbedding', () => {
  it('has sines first, then cosines, of frequencies from 1 down to 1 / 10,000', () => {
    const angle = 1000 * (8.5 - 1)
    const angles = [angle, angle / 100, angle / 10_000]
    const expected = [...angles.map(Math.sin), ...angles.map(Math.cos)]
    expect([...guidanceEmbedding(8.5, 6)]).toEqual(expected.map((value) => expect.closeTo(value, 6)))
  })

  it('ends with a zero where its size is odd', () => {
    expect([...guidanceEmbedding(1, 5)]).toEqual([0, 0, 1, 1, 0])
  })
})
