import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planBatch } from '../../../../src/engine/child/llama-batch-plan.ts'

const counts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 16 })
const room = fc.integer({ min: 1, max: 512 })

describe('planBatch', () => {
  it('gives every generation something in every batch, and no batch more than the room and one token each', () => {
    fc.assert(
      fc.property(counts, room, (pendingCounts, promptTokens) => {
        const lanes = pendingCounts.map((pendingCount) => ({ pendingCount }))
        const shares = planBatch(lanes, promptTokens)
        expect(new Set(shares.map(({ lane }) => lane))).toEqual(new Set(lanes))
        for (const { lane, count } of shares) {
          expect(count).toBeGreaterThanOrEqual(1)
          expect(count).toBeLessThanOrEqual(lane.pendingCount)
        }
        const total = shares.reduce((sum, { count }) => sum + count, 0)
        expect(total).toBeLessThanOrEqual(Math.max(promptTokens, lanes.length))
      }),
    )
  })

  it('leaves to long prompts what short ones do not need', () => {
    const [short, long] = [{ pendingCount: 10 }, { pendingCount: 1000 }]
    expect(planBatch([long, short], 100)).toEqual([
      { lane: short, count: 10 },
      { lane: long, count: 90 },
    ])
  })
})
