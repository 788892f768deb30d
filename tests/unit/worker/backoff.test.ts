import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs } from '../../../src/worker/backoff.ts'

const POLICY = { baseMs: 1_000, capMs: 60_000 }

describe('backoffMs', () => {
  it('doubles its ceiling with each failure up to the cap', () => {
    expect([1, 2, 3, 6, 7, 50].map((failures) => backoffMs(POLICY, failures, () => 1))).toEqual([
      1_000, 2_000, 4_000, 32_000, 60_000, 60_000,
    ])
  })

  it('spreads over the whole range from zero, so that many miners do not come back in step', () => {
    expect(backoffMs(POLICY, 4, () => 0)).toBe(0)
    expect(backoffMs(POLICY, 4, () => 0.5)).toBe(4_000)
  })

  it('leaves a coordinator time to recover that asks to be called again at once', () => {
    expect(backoffMs(POLICY, 6, () => 0.5, 0)).toBe(16_000)
    expect(backoffMs(POLICY, 1, () => 0.5, 7_000)).toBe(7_500)
  })

  it('never comes back before Retry-After, nor waits for ever on one that is absurd', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 10 ** 9 }),
        (failures, random, retryAfterMs) => {
          const ms = backoffMs(POLICY, failures, () => random, retryAfterMs)
          expect(ms).toBeGreaterThanOrEqual(Math.min(retryAfterMs, 600_000))
          expect(ms).toBeLessThanOrEqual(601_000)
        },
      ),
    )
  })
})
