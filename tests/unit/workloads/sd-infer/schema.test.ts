import { describe, expect, it } from 'vitest'
import { sdInferParams, sdInferSize } from '../../../../src/workloads/sd-infer/schema.ts'

function problems(params: object): string[] {
  const result = sdInferParams.safeParse({ prompt: 'a star', ...params })
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('sdInferParams', () => {
  it('fills in the defaults of the API', () => {
    expect(sdInferParams.parse({ prompt: '' })).toEqual({
      prompt: '',
      negative_prompt: '',
      steps: 20,
      guidance_scale: 7.5,
      scheduler: 'euler',
      seed: 0,
    })
  })

  it.each([
    [
      { prompt: 'x'.repeat(10_000_000) },
      'prompt: has more than 16000 characters: a model reads the first 75 tokens, so shorten it',
    ],
    [{ width: 30_000 }, 'width: must be at most 2048 pixels: draw a smaller picture and enlarge it'],
    [{ height: 4 }, 'height: must be at least 8 pixels'],
    [{ width: 64.5 }, 'width: must be a whole number of pixels'],
    [{ steps: 2.5 }, 'steps: must be a whole number'],
    [{ steps: 0 }, 'steps: must be at least 1'],
    [{ steps: 10_000 }, 'steps: must be at most 1000'],
  ])('says what to do about %o', (params, problem) => {
    expect(problems(params)).toEqual([problem])
  })

  it.each([
    { prompt: undefined },
    { prompt: 7 },
    { negative_prompt: null },
    { steps: 0 },
    { steps: 1001 },
    { guidance_scale: Number.NaN },
    { guidance_scale: Number.POSITIVE_INFINITY },
    { guidance_scale: 1e9 },
    { guidance_scale: -1 },
    { width: Number.POSITIVE_INFINITY },
    { seed: -1 },
    { seed: 2 ** 32 },
    { scheduler: 'pndm' },
    { model: '' },
  ])('refuses %o', (params) => {
    expect(problems(params)).toHaveLength(1)
  })

  it.each([
    { steps: 1 },
    { steps: 1000 },
    { guidance_scale: 0 },
    { width: 8, height: 2048 },
    { prompt: '\ud800\u0000🐱' },
    { unknown: 1 },
  ])('takes %o', (params) => {
    expect(problems(params)).toEqual([])
  })
})

describe('sdInferSize', () => {
  it('counts bytes of both prompts and pixels', () => {
    const params = sdInferParams.parse({ prompt: 'é', negative_prompt: '🐱', width: 64, height: 128 })
    expect(sdInferSize(params)).toEqual({ promptBytes: 6, imagePixels: 8192 })
  })

  it('counts one side twice where the other is left to the model, and nothing where both are', () => {
    expect(sdInferSize(sdInferParams.parse({ prompt: '', width: 64 })).imagePixels).toBe(4096)
    expect(sdInferSize(sdInferParams.parse({ prompt: '' })).imagePixels).toBe(0)
  })
})
