import { describe, expect, it } from 'vitest'
import { strictestLimits } from '../../../src/worker/run-limits.ts'

const NONE = { maxRuntimeS: null, ramMb: null, vramMb: null, maxOutputBytes: null }
const OPERATOR = { maxRuntimeS: 3600, ramMb: null, vramMb: 8_000, maxOutputBytes: 1_000 }

describe('strictestLimits', () => {
  it("keeps the operator's limits where the job has none", () => {
    expect(strictestLimits(NONE, OPERATOR, null)).toEqual({
      maxRuntimeS: 3600,
      ramMb: null,
      vramMb: 8_000,
      maxOutputBytes: 1_000,
    })
  })

  it('takes the smaller of the two, one by one', () => {
    const job = { maxRuntimeS: 10, ramMb: 512, vramMb: 16_000, maxOutputBytes: 5_000 }
    expect(strictestLimits(job, OPERATOR, null)).toEqual({ maxRuntimeS: 10, ramMb: 512, vramMb: 8_000, maxOutputBytes: 1_000 })
  })

  it('lets a deadline shorten the runtime, and a deadline that has passed leaves next to nothing', () => {
    expect(strictestLimits(NONE, OPERATOR, 5_000).maxRuntimeS).toBe(5)
    expect(strictestLimits(NONE, OPERATOR, -1).maxRuntimeS).toBe(0.001)
  })
})
