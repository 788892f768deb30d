import { describe, expect, it } from 'vitest'
import { accountRun } from '../../../src/engine/account-run.ts'

const NOTHING = { energyJ: null, peakRamMb: null, peakVramMb: null, deviceGflops: null }

describe('accountRun', () => {
  it('adds nothing that was not measured', () => {
    expect(accountRun({ tokens_per_s: 10, completion_tokens: 5 }, NOTHING)).toEqual({ tokens_per_s: 10, completion_tokens: 5 })
  })

  it('tells tokens a kilojoule and tokens a TFLOP from what was measured', () => {
    const metrics = { tokens_per_s: 50, completion_tokens: 100 }
    expect(accountRun(metrics, { energyJ: 250, peakRamMb: 511.6, peakVramMb: 12.2, deviceGflops: 2000 })).toEqual({
      ...metrics,
      energy_j: 250,
      tokens_per_kj: 400,
      tokens_per_tflop_s: 25,
      peak_ram_mb: 512,
      peak_vram_mb: 12,
    })
  })

  it('tells no tokens of a workload that has none', () => {
    expect(accountRun({ gflops: 3 }, { ...NOTHING, energyJ: 5, deviceGflops: 10 })).toEqual({ gflops: 3, energy_j: 5 })
  })

  it('divides by nothing that is 0', () => {
    expect(accountRun({ tokens_per_s: 1, completion_tokens: 1 }, { ...NOTHING, energyJ: 0, deviceGflops: 0 })).toEqual({
      tokens_per_s: 1,
      completion_tokens: 1,
    })
  })
})
