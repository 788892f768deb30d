import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import type { JobFailure } from '../../../../src/domain/failure-codes.ts'
import { JobFailureError } from '../../../../src/domain/failure-codes.ts'
import { OnnxEngine } from '../../../../src/engine/child/onnx-engine.ts'
import type { ModelFile, WorkloadResult } from '../../../../src/engine/child/run-context.ts'
import { runSdInfer } from '../../../../src/workloads/sd-infer/run.ts'
import { writeModelFile, writeSyntheticModel } from '../../../fixtures/diffusion/synthetic-model.ts'
import type { SyntheticOptions } from '../../../fixtures/diffusion/synthetic-model.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const engine = await OnnxEngine.start({
  backends: ['cpu'],
  threads: 1,
  parallelRuns: 1,
  contextTokens: null,
  ramMb: null,
  vramMb: null,
})

interface RunOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number) => void
}

function draw(model: ModelFile | null, params: object = {}, { signal, onProgress }: RunOptions = {}): Promise<WorkloadResult> {
  return runSdInfer({
    params: { prompt: 'a', negative_prompt: 'b', steps: 4, ...params },
    model,
    inputs: [],
    workDir: '',
    signal: signal ?? new AbortController().signal,
    engine,
    progress: (progress) => {
      if (progress.type === 'progress') onProgress?.(progress.data.done)
    },
  })
}

async function drawWith(options: SyntheticOptions, params: object = {}): Promise<WorkloadResult> {
  return draw(await writeSyntheticModel(tempDir(), options), params)
}

async function failureOf(run: Promise<WorkloadResult>): Promise<JobFailure> {
  const ended: unknown = await run.catch((error: unknown) => error)
  if (ended instanceof JobFailureError) return ended.failure
  throw new Error('the run did not end with a job failure', { cause: ended })
}

function pixelsOf({ output }: WorkloadResult): number[] {
  return [...decode(output).data]
}

describe('a picture', () => {
  it("is a PNG of 8-bit RGB in the model's own size, with figures beside it", async () => {
    const result = await drawWith({})
    expect(decode(result.output)).toMatchObject({ width: 8, height: 8, channels: 3, depth: 8, text: {} })
    expect(result).toMatchObject({ mode: 'cpu', mediaType: 'image/png', metrics: { steps: 4 } })
    expect(result.environment).toEqual({ scheduler: 'euler', dtype: 'float32', width: 8, height: 8 })
    expect(Object.keys(result.metrics)).toEqual(['steps', 'steps_per_s', 'step_ms', 'load_ms', 'encode_ms', 'decode_ms'])
    expect(Object.values(result.metrics).every(Number.isFinite)).toBe(true)
  })

  it('is the same bytes each time, and others for another seed, prompt, scheduler or scale', async () => {
    const model = await writeSyntheticModel(tempDir())
    const first = Buffer.from((await draw(model)).output)
    expect(Buffer.from((await draw(model)).output).equals(first)).toBe(true)
    const others = [
      { seed: 1 },
      { prompt: 'b b' },
      { negative_prompt: 'a' },
      { scheduler: 'lcm' },
      { guidance_scale: 2 },
      { steps: 3 },
    ]
    for (const params of others) expect(Buffer.from((await draw(model, params)).output).equals(first)).toBe(false)
  })

  it('has the size that was asked for', async () => {
    expect(decode((await drawWith({}, { width: 16, height: 24 })).output)).toMatchObject({ width: 16, height: 24 })
  })

  it.each(['\u0000\u0007\u001b[31m', '🐱🔥👩‍👩‍👧', '\ud800 a \udfff', '', ' ', 'a '.repeat(8000), '<|endoftext|><|startoftext|>'])(
    'is drawn from any text: %j',
    async (prompt) => {
      expect((await drawWith({}, { prompt, negative_prompt: prompt })).mediaType).toBe('image/png')
    },
  )
})

describe('the same picture comes of a network', () => {
  it.each<SyntheticOptions>([
    { ids: 'int32' },
    { timestep: 'float32' },
    { timestep: 'float64' },
    { timestep: 'int32', timestepShape: [] },
    { timestepShape: ['batch'] },
    { batch: 1 },
    { batch: 2 },
    { side: 4 },
  ])('with %o', async (options) => {
    expect(pixelsOf(await drawWith(options))).toEqual(pixelsOf(await drawWith({})))
  })

  it('with half-precision numbers, but for their rounding', async () => {
    const half = await drawWith({ floats: 'float16', timestep: 'float16' })
    const single = pixelsOf(await drawWith({}))
    expect(half.environment['dtype']).toBe('float16')
    const differences = pixelsOf(half).map((value, i) => Math.abs(value - (single[i] ?? 0)))
    expect(Math.max(...differences)).toBeLessThanOrEqual(2)
    expect(new Set(single).size).toBeGreaterThan(20)
  })
})

describe('guidance', () => {
  it('up to 1 is none: the negative prompt is not read', async () => {
    const model = await writeSyntheticModel(tempDir())
    const first = pixelsOf(await draw(model, { guidance_scale: 1 }))
    expect(pixelsOf(await draw(model, { guidance_scale: 1, negative_prompt: '!' }))).toEqual(first)
    expect(pixelsOf(await draw(model, { guidance_scale: 0 }))).toEqual(first)
  })

  it('leads away from the negative prompt as far as the scale says', async () => {
    const model = await writeSyntheticModel(tempDir())
    // With both prompts alike there is nothing to be led by.
    const plain = pixelsOf(await draw(model, { guidance_scale: 1 }))
    expect(pixelsOf(await draw(model, { guidance_scale: 7, negative_prompt: 'a' }))).toEqual(plain)
    expect(pixelsOf(await draw(model, { guidance_scale: 7 }))).not.toEqual(plain)
  })

  it('is told to a distilled network as an embedding, in one run a step', async () => {
    const model = await writeSyntheticModel(tempDir(), { guidance: 8, batch: 1 })
    const first = pixelsOf(await draw(model, { scheduler: 'lcm', guidance_scale: 8.5 }))
    expect(pixelsOf(await draw(model, { scheduler: 'lcm', guidance_scale: 8.5, negative_prompt: '!' }))).toEqual(first)
    expect(pixelsOf(await draw(model, { scheduler: 'lcm', guidance_scale: 3 }))).not.toEqual(first)
  })
})

describe('a run', () => {
  it('tells each step, and ends with the signal between two', async () => {
    const model = await writeSyntheticModel(tempDir())
    const seen: number[] = []
    await draw(model, {}, { onProgress: (done) => seen.push(done) })
    expect(seen).toEqual([1, 2, 3, 4])

    const controller = new AbortController()
    const reason = new JobFailureError('E_CANCELED', 'enough')
    const stopAt2 = {
      signal: controller.signal,
      onProgress: (done: number) => (done === 2 ? controller.abort(reason) : seen.push(done)),
    }
    expect(await failureOf(draw(model, { steps: 1000 }, stopAt2))).toBe(reason.failure)
    expect(seen).toEqual([1, 2, 3, 4, 1])
  })
})

describe('params that the model cannot do', () => {
  it.each([
    [{ width: 11 }, 'width 11 is not a multiple of 2, as model synthetic needs: use 10 or 12'],
    [{ height: 9 }, 'height 9 is not a multiple of 2, as model synthetic needs: use 8 or 10'],
    [{ scheduler: 'lcm', steps: 51 }, 'scheduler lcm takes at most 50 steps with this model, not 51'],
  ])('%o are E_INVALID', async (params, message) => {
    expect(await failureOf(drawWith({}, params))).toMatchObject({ code: 'E_INVALID', message })
  })

  it('are another size than that of a network with one size', async () => {
    const message = 'this model draws pictures of its own size only: leave out width and height'
    expect(await failureOf(drawWith({ side: 4 }, { width: 16 }))).toMatchObject({ code: 'E_INVALID', message })
  })
})

describe('a network that gives no numbers', () => {
  it.each([
    [{ bias: Number.NaN }, 'step 1 of 4 gave values that are no finite numbers: use a smaller guidance_scale or another model'],
    [{ bias: 3e38 }, 'step 1 of 4 gave values that are no finite numbers: use a smaller guidance_scale or another model'],
    [
      { floats: 'float16', bias: 65_504 },
      'step 2 of 4 gave values that are no finite numbers: use a smaller guidance_scale or another model',
    ],
    [{ decoderBias: Number.NaN }, 'vae_decoder of the model gave values that are no numbers'],
  ] as const)('%o is E_ENGINE, not a black picture', async (options, message) => {
    expect(await failureOf(drawWith(options))).toMatchObject({ code: 'E_ENGINE', message })
  })
})

describe('a folder that is no such model', () => {
  it.each([
    'model_index.json',
    'scheduler/scheduler_config.json',
    'tokenizer/vocab.json',
    'tokenizer/merges.txt',
    'tokenizer/tokenizer_config.json',
    'unet/config.json',
    'unet/model.onnx',
    'vae_decoder/config.json',
    'vae_decoder/model.onnx',
    'text_encoder/model.onnx',
  ])('without %s is E_INPUT', async (file) => {
    const model = await writeSyntheticModel(tempDir())
    await rm(join(model.path, file))
    const message = `${file} of model synthetic is missing: give the whole folder of an ONNX export`
    expect(await failureOf(draw(model))).toMatchObject({ code: 'E_INPUT', message })
  })

  it.each([
    ['model_index.json', '[]', 'E_INPUT', /^model_index.json of model synthetic is not as expected: /],
    ['unet/config.json', '{', 'E_INPUT', /^unet\/config.json of model synthetic is no JSON: /],
    ['unet/config.json', { sample_size: -1, block_out_channels: [1] }, 'E_INPUT', /sample_size/],
    ['unet/config.json', { sample_size: 4, block_out_channels: [1], in_channels: 9 }, 'E_UNSUPPORTED', /9 channels in/],
    [
      'unet/model.onnx',
      'no model',
      'E_INPUT',
      /^ONNX Runtime cannot load unet\/model.onnx of model synthetic: .*Protobuf parsing failed/,
    ],
    ['tokenizer/vocab.json', { a: 1 }, 'E_INPUT', /lacks the token <\|startoftext\|>/],
    [
      'model_index.json',
      { _class_name: 'StableDiffusionXLPipeline', text_encoder_2: ['a', 'b'] },
      'E_UNSUPPORTED',
      /two text encoders, as SDXL/,
    ],
    ['model_index.json', { _class_name: 'FluxPipeline', transformer: ['a', 'b'] }, 'E_UNSUPPORTED', /a transformer/],
    [
      'scheduler/scheduler_config.json',
      { beta_schedule: 'sigmoid' },
      'E_UNSUPPORTED',
      /scheduler_config.json: beta_schedule: .*"scaled_linear"/,
    ],
  ] as const)('with %s of %o is %s', async (file, content, code, message) => {
    const model = await writeSyntheticModel(tempDir())
    await writeModelFile(model.path, file, content)
    const failure = await failureOf(draw(model))
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(failure.message).not.toContain(model.path)
  })

  it.each([
    [
      { extraInput: 'time_ids' },
      'unet of the model wants time_ids: this version draws with Stable Diffusion 1.x, 2.x and Turbo models',
    ],
    [{ batch: 3 }, 'unet of the model takes only batches of 3: export it with a free batch size'],
    [
      { ids: 'int64', timestep: 'float64', batch: 4 },
      'unet of the model takes only batches of 4: export it with a free batch size',
    ],
  ] as const)('with a network of %o is E_UNSUPPORTED', async (options, message) => {
    expect(await failureOf(drawWith(options))).toMatchObject({ code: 'E_UNSUPPORTED', message })
  })

  it('or is none at all', async () => {
    expect((await failureOf(draw(null))).code).toBe('E_INPUT')
    const model = await writeSyntheticModel(tempDir())
    expect((await failureOf(draw({ ...model, format: 'onnx' }))).code).toBe('E_INPUT')
  })

  it('does not stand in the way of the next job, nor of itself once it is mended', async () => {
    const model = await writeSyntheticModel(tempDir())
    await writeModelFile(model.path, 'unet/model.onnx', 'no model')
    await failureOf(draw(model))
    await writeSyntheticModel(model.path)
    expect((await draw(model)).mediaType).toBe('image/png')
  })
})
