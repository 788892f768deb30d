import { readFile } from 'node:fs/promises'
import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { RunResult } from '../../../src/domain/engine.ts'
import type { HeldModel, ModelSource } from '../../../src/domain/models.ts'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import { OnnxEngine } from '../../../src/engine/child/onnx-engine.ts'
import { ClipTokenizer } from '../../../src/workloads/sd-infer/clip-tokenizer.ts'
import { denoise } from '../../../src/workloads/sd-infer/denoise.ts'
import { Denoiser } from '../../../src/workloads/sd-infer/denoiser.ts'
import { readModelFolder } from '../../../src/workloads/sd-infer/model-folder.ts'
import { openSessions } from '../../../src/workloads/sd-infer/model-sessions.ts'
import { GaussianNoise } from '../../../src/workloads/sd-infer/noise/gaussian-noise.ts'
import { decodePicture } from '../../../src/workloads/sd-infer/picture-decoder.ts'
import { schedulerName } from '../../../src/workloads/sd-infer/schema.ts'
import { makeScheduler } from '../../../src/workloads/sd-infer/schedulers/make-scheduler.ts'
import { encodeText } from '../../../src/workloads/sd-infer/text-encoder.ts'
import { writeSyntheticModel } from '../../fixtures/diffusion/synthetic-model.ts'
import { embeddedModels } from '../../support/embedded-models.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { enginePool, failureOf, firstProgress, runRequest } from './engine-fixture.ts'

const CIRCLE = { prompt: 'a red circle on a white background' }

/** Made with torch from the weights of the embedded model; agreement to 1e-5 is expected, 1e-3 allowed. */
const REFERENCE = new URL('../../fixtures/diffusion/', import.meta.url)
const TOLERANCE = 1e-3

const tensorFile = z.object({ file: z.string() })
const generationSchema = z.object({
  prompt: z.string(),
  negative_prompt: z.string(),
  scheduler: z.enum(['DDIM', 'Euler']),
  steps: z.number(),
  guidance: z.number(),
  latents: tensorFile,
  after_step_stats: z.array(z.tuple([z.number(), z.number()])),
  final_latents: tensorFile,
  png: z.string(),
})
const referenceSchema = z.object({
  tokenize: z.array(z.object({ text: z.string(), ids: z.array(z.number()) })),
  generations: z.array(generationSchema),
})
const reference = referenceSchema.parse(JSON.parse(await readFile(new URL('diffusion.json', REFERENCE), 'utf8')))

async function floats(file: string): Promise<Float32Array> {
  const bytes = await readFile(new URL(file, REFERENCE))
  return new Float32Array(Uint8Array.from(bytes).buffer)
}

async function embeddedModel(): Promise<HeldModel> {
  const models = await embeddedModels()
  const request = { workload: 'sd_infer', model: null, wanted: null, onProgress: () => {} }
  return models.acquire(request, new AbortController().signal)
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))),
    Math.abs(a.length - b.length),
  )
}

describe('the embedded diffusion model', () => {
  it.each(reference.tokenize)('reads $text as the reference does', async ({ text, ids }) => {
    const tokenizer = await ClipTokenizer.read(await embeddedModel())
    expect(tokenizer.encode(text)).toEqual(ids)
  })

  it.each(reference.generations)('is led to the reference picture: $scheduler, $steps steps, $prompt', async (generation) => {
    const engine = await OnnxEngine.start({
      backends: ['cpu'],
      threads: 1,
      parallelRuns: 1,
      contextTokens: null,
      ramMb: null,
      vramMb: null,
    })
    const { signal } = new AbortController()
    const model = await embeddedModel()
    const folder = await readModelFolder(model)
    const sessions = await openSessions(engine, model, signal)
    const tokenizer = await ClipTokenizer.read(model)
    const shape = [4, 16, 16] as const
    const denoiser = Denoiser.make({
      engine,
      session: sessions.unet,
      latents: shape,
      prompt: await encodeText(engine, sessions.textEncoder, tokenizer, generation.prompt),
      negative: await encodeText(engine, sessions.textEncoder, tokenizer, generation.negative_prompt),
      guidanceScale: generation.guidance,
    })
    const name = generation.scheduler === 'DDIM' ? 'ddim' : 'euler'
    const scheduler = makeScheduler(name, folder.scheduler, generation.steps, { noise: new GaussianNoise(0) })
    const latents = await floats(generation.latents.file)
    const stats: number[][] = []

    await denoise({
      scheduler,
      predict: (...call) => denoiser.predict(...call),
      latents,
      signal,
      onStep: () => stats.push(meanAndDeviation(latents)),
    })

    expect(stats).toHaveLength(generation.steps)
    expect(largestDifference(stats.flat(), generation.after_step_stats.flat())).toBeLessThan(TOLERANCE)
    expect(largestDifference(latents, await floats(generation.final_latents.file))).toBeLessThan(TOLERANCE)
    const { rgb } = await decodePicture(engine, sessions.vaeDecoder, folder, { data: latents, shape })
    const picture = decode(await readFile(new URL(generation.png, REFERENCE)))
    expect(largestDifference(rgb, picture.data)).toBeLessThanOrEqual(1)
  })
})

describe('sd_infer', () => {
  it.each(schedulerName.options)('draws a red circle on a white background with %s', async (scheduler) => {
    const pool = await enginePool()
    const result = await pool.run(await runRequest('sd_infer', { ...CIRCLE, scheduler, guidance_scale: 5, seed: 1 }))
    expect(result.output.mediaType).toBe('image/png')
    const { corners, redShare, redWithinItsCircle, whiteShare, centre } = look(result)
    expect(corners.every(isWhite)).toBe(true)
    expect(redShare).toBeGreaterThan(0.05)
    expect(redShare + whiteShare).toBeGreaterThan(0.85)
    expect(redWithinItsCircle).toBeGreaterThan(0.95)
    expect(isRed(centre)).toBe(true)
  })

  it('draws other prompts otherwise', async () => {
    const pool = await enginePool()
    const params = { prompt: 'a blue square on a yellow background', guidance_scale: 5 }
    const { corners, centre } = look(await pool.run(await runRequest('sd_infer', params)))
    for (const [red, green, blue] of corners) expect([red > 180, green > 160, blue < 120]).toEqual([true, true, true])
    const [red, green, blue] = centre
    expect(blue > red + 60 && blue > green + 60).toBe(true)
  })

  it('gives the same bytes in another process', async () => {
    const outputs: Buffer[] = []
    for (const pool of [await enginePool(), await enginePool()]) {
      outputs.push(bytesOf(await pool.run(await runRequest('sd_infer', { ...CIRCLE, steps: 3, scheduler: 'euler_a' }))))
    }
    expect(outputs[1]?.equals(outputs[0] ?? Buffer.alloc(0))).toBe(true)
  })

  it('tells each step, and lives on after a job canceled between two', async () => {
    const pool = await enginePool({ cancelGraceMs: 10_000 })
    const controller = new AbortController()
    const { seen, onProgress } = firstProgress()
    const long = await runRequest('sd_infer', { ...CIRCLE, steps: 1000 }, { signal: controller.signal, onProgress })
    const failed = failureOf(pool.run(long))
    expect(await seen).toEqual({ type: 'progress', data: { done: 1, total: 1000 } })
    const pid = pool.status()[0]?.pid
    controller.abort(new JobFailureError('E_CANCELED', 'enough'))
    expect((await failed).code).toBe('E_CANCELED')
    await pool.run(await runRequest('sd_infer', { ...CIRCLE, steps: 1 }))
    expect(pool.status()[0]?.pid).toBe(pid)
  })

  it('names what is wrong with a job before any engine runs', async () => {
    const pool = await enginePool()
    for (const params of [
      { prompt: 'x'.repeat(10_000_000) },
      { ...CIRCLE, width: 30_000 },
      { ...CIRCLE, steps: 1e9 },
      { ...CIRCLE, guidance_scale: 1e9 },
      {},
    ]) {
      expect((await failureOf(pool.run(await runRequest('sd_infer', params)))).code).toBe('E_INVALID')
    }
    expect(pool.status()).toEqual([])
  })

  it('fails jobs that it cannot do, each with its reason, and does the next', async () => {
    const broken = await writeSyntheticModel(tempDir(), { bias: Number.NaN })
    const partial = { ...broken, name: 'partial', path: tempDir(), sha256: 'partial' }
    const pool = await enginePool({ models: withModels(await embeddedModels(), { broken, partial }) })
    await pool.run(await runRequest('sd_infer', { ...CIRCLE, steps: 1 }))
    const pid = pool.status()[0]?.pid
    for (const [params, code, message] of [
      [{ ...CIRCLE, width: 66 }, 'E_INVALID', /width 66 is not a multiple of 4/],
      [{ ...CIRCLE, width: 68 }, 'E_INVALID', /does not draw pictures of 68x64: use a width and height that are multiples of 8/],
      [{ ...CIRCLE, scheduler: 'lcm', steps: 51 }, 'E_INVALID', /at most 50 steps/],
      [{ ...CIRCLE, model: 'broken' }, 'E_ENGINE', /no finite numbers/],
      [{ ...CIRCLE, model: 'partial' }, 'E_INPUT', /model_index.json of model partial is missing/],
    ] as const) {
      expect(await failureOf(pool.run(await runRequest('sd_infer', params)))).toMatchObject({
        code,
        message: expect.stringMatching(message),
      })
    }
    await pool.run(await runRequest('sd_infer', { prompt: '🐱\u0000\ud800', steps: 1, guidance_scale: 0 }))
    expect(pool.status()[0]?.pid).toBe(pid)
  })
})

type Pixel = readonly [number, number, number]

interface Sight {
  readonly corners: readonly Pixel[]
  /** Share of all pixels. */
  readonly redShare: number
  readonly whiteShare: number
  /** Share of the red pixels within the circle of their area around their middle: 1 for a circle, 0.91 for a square. */
  readonly redWithinItsCircle: number
  /** The pixel in the middle of the red ones; of the picture where there are none. */
  readonly centre: Pixel
}

/** What there is to be seen in a picture. */
function look(result: RunResult): Sight {
  const { width, height, data } = decode(bytesOf(result))
  const at = (x: number, y: number): Pixel => {
    const start = 3 * (Math.round(y) * width + Math.round(x))
    return [data[start] ?? 0, data[start + 1] ?? 0, data[start + 2] ?? 0]
  }
  const places = Array.from({ length: width * height }, (_, i) => ({ x: i % width, y: Math.floor(i / width) }))
  const red = places.filter(({ x, y }) => isRed(at(x, y)))
  const middleX = red.length === 0 ? width / 2 : red.reduce((sum, { x }) => sum + x, 0) / red.length
  const middleY = red.length === 0 ? height / 2 : red.reduce((sum, { y }) => sum + y, 0) / red.length
  const radius = Math.sqrt(red.length / Math.PI)
  const within = red.filter(({ x, y }) => Math.hypot(x - middleX, y - middleY) <= radius + 0.5)
  return {
    corners: [at(1, 1), at(width - 2, 1), at(1, height - 2), at(width - 2, height - 2)],
    redShare: red.length / places.length,
    whiteShare: places.filter(({ x, y }) => isWhite(at(x, y))).length / places.length,
    redWithinItsCircle: within.length / red.length,
    centre: at(middleX, middleY),
  }
}

function isRed([red, green, blue]: Pixel): boolean {
  return red > 180 && green < 90 && blue < 90
}

function isWhite(pixel: Pixel): boolean {
  return pixel.every((value) => value > 225)
}

function bytesOf({ output }: RunResult): Buffer {
  if (output.bytes.kind !== 'memory') throw new Error('the output is in a file')
  return Buffer.from(output.bytes.data)
}

function meanAndDeviation(values: Float32Array): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)]
}

/** A source of models that has some more. */
function withModels(
  source: ModelSource,
  more: Readonly<Record<string, Awaited<ReturnType<typeof writeSyntheticModel>>>>,
): ModelSource {
  return {
    list: () => source.list(),
    acquire: (request, signal) => {
      const model = more[request.wanted ?? '']
      if (model === undefined) return source.acquire(request, signal)
      return Promise.resolve({ ...model, memoryMb: null, release: () => {} })
    },
  }
}
