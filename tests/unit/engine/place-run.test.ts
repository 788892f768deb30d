import { describe, expect, it } from 'vitest'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import { gpuDevice } from '../../../src/engine/engine-device.ts'
import { placeRun } from '../../../src/engine/place-run.ts'
import type { Candidate, PlacementRules } from '../../../src/engine/place-run.ts'
import { gpu } from '../hardware/sample-gpu.ts'

function card(index: number, rest: Partial<Candidate> = {}): Candidate {
  const device = gpuDevice(gpu(index, { vramMb: 8000 }))
  return { device, freeVramMb: 8000, hasModel: false, activeRuns: 0, ...rest }
}

const RULES: PlacementRules = { needMb: 1000, limitMb: null, canSplit: false, accelMode: 'auto' }

function place(candidates: readonly Candidate[], rules: Partial<PlacementRules> = {}): string {
  try {
    return placeRun(candidates, { ...RULES, ...rules }).id
  } catch (error) {
    if (error instanceof JobFailureError) return `${error.failure.code}: ${error.failure.message}`
    throw error
  }
}

describe('placeRun', () => {
  it('takes the processor where there is no card, and where no card shall be used', () => {
    expect(place([])).toBe('cpu')
    expect(place([], { accelMode: 'gpu' })).toBe('cpu')
    expect(place([card(0)], { accelMode: 'cpu' })).toBe('cpu')
  })

  it('prefers the card that holds the model, then the idlest, then the one with most free memory, then the first', () => {
    expect(place([card(0), card(1, { hasModel: true, activeRuns: 3, freeVramMb: 0 })])).toBe('gpu1')
    expect(place([card(0, { activeRuns: 1 }), card(1)])).toBe('gpu1')
    expect(place([card(0, { freeVramMb: 5000 }), card(1)])).toBe('gpu1')
    expect(place([card(1), card(0)])).toBe('gpu0')
  })

  it('passes over a card without room, and goes to the processor when none has it', () => {
    expect(place([card(0, { freeVramMb: 999 }), card(1, { activeRuns: 9 })])).toBe('gpu1')
    expect(place([card(0, { freeVramMb: 999 })])).toBe('cpu')
  })

  it('trusts a card whose driver tells nothing of its memory', () => {
    expect(place([card(0, { freeVramMb: null })])).toBe('gpu0')
  })

  it('leaves it to an engine that can split a model how much of it fits', () => {
    expect(place([card(0, { freeVramMb: 10 })], { canSplit: true, limitMb: 10 })).toBe('gpu0')
  })

  it('names the limit that the model is too large for', () => {
    expect(place([card(0)], { limitMb: 900 })).toBe(
      'E_OOM: the model needs about 1000 MiB on a GPU, more than the limit of 900 MiB',
    )
  })

  it('tells a card that is full from one that is too small, where the operator wants a card', () => {
    const full = [card(0, { freeVramMb: 500 })]
    expect(place(full, { accelMode: 'gpu' })).toBe(
      'E_OOM: the model needs about 1000 MiB on a GPU, and at most 500 MiB are free now',
    )
    expect(place(full, { accelMode: 'gpu', needMb: 9000 })).toBe(
      'E_NOGPU: the model needs a GPU with about 9000 MiB, and the largest here has 8000 MiB',
    )
  })
})
