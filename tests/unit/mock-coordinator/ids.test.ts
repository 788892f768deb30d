import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newId } from '../../../mock-coordinator/ids.ts'
import { JobIdSchema } from '../../../src/protocol/primitives.ts'

describe('newId', () => {
  it('is a safe job id that sorts by time', () => {
    const times = fc.integer({ min: 0, max: 2 ** 47 })
    fc.assert(
      fc.property(times, times, (a, b) => {
        const [first, second] = [newId('job', Math.min(a, b)), newId('job', Math.max(a, b) + 1)]
        expect(JobIdSchema.safeParse(first).success).toBe(true)
        expect(first < second).toBe(true)
      }),
    )
  })
})
