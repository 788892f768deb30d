import { describe, expect, it } from 'vitest'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import { checkOperatorRules } from '../../../src/engine/operator-rules.ts'

const RULES = { maxPromptBytes: 100, maxImagePixels: 4096, maxInputBytes: 1 }
const RUN = { params: {}, modelName: null, modelRef: null, promptBytes: 100, imagePixels: 4096 }

function codeOf(run: Partial<typeof RUN>): string {
  try {
    checkOperatorRules({ ...RUN, ...run }, RULES)
    return 'allowed'
  } catch (error) {
    if (error instanceof JobFailureError) return `${error.failure.code}: ${error.failure.message}`
    throw error
  }
}

describe("the operator's rules", () => {
  it('allow what just fits', () => {
    expect(codeOf({})).toBe('allowed')
  })

  it('deny a prompt and an image that are larger, so that another miner may take the job', () => {
    expect(codeOf({ promptBytes: 101 })).toBe('E_DENY: the prompt has 101 bytes, and this miner takes at most 100')
    expect(codeOf({ imagePixels: 4097 })).toBe('E_DENY: the image has 4097 pixels, and this miner draws at most 4096')
  })
})
