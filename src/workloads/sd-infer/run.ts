import { encode } from 'fast-png'
import type { InferenceSession } from 'onnxruntime-node'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { OnnxEngine } from '../../engine/child/onnx-engine.ts'
import type { ModelFile, RunContext, WorkloadResult } from '../../engine/child/run-context.ts'
import { ClipTokenizer } from './clip-tokenizer.ts'
import { denoise } from './denoise.ts'
import { Denoiser, isGuidedByEmbedding } from './denoiser.ts'
import { latentShape, sizeFailure } from './latent-shape.ts'
import type { LatentShape } from './latent-shape.ts'
import { readModelFolder } from './model-folder.ts'
import { openSessions } from './model-sessions.ts'
import type { ModelSessions } from './model-sessions.ts'
import { GaussianNoise } from './noise/gaussian-noise.ts'
import { decodePicture } from './picture-decoder.ts'
import { sdInferParams } from './schema.ts'
import type { SdInferParams } from './schema.ts'
import { makeScheduler } from './schedulers/make-scheduler.ts'
import { encodeText } from './text-encoder.ts'

/** Of the PNG's deflate stream. Fixed, as is the rest of the encoding: the same pixels are the same bytes. */
const PNG_LEVEL = 6

/** Draws a picture from text with Stable Diffusion. Cancel takes effect between steps. */
export async function runSdInfer(context: RunContext<OnnxEngine>): Promise<WorkloadResult> {
  const { engine, model, signal } = context
  const params = sdInferParams.parse(context.params)
  if (model === null) throw new JobFailureError('E_INPUT', 'sd_infer needs a model')
  if (model.format !== 'diffusers') {
    throw new JobFailureError(
      'E_INPUT',
      `model ${model.name} is ${model.format}: sd_infer needs a folder of diffusion parts in ONNX`,
    )
  }

  const loadStartMs = performance.now()
  const folder = await readModelFolder(model)
  const shape = latentShape(folder, params)
  const noise = new GaussianNoise(params.seed)
  const scheduler = makeScheduler(params.scheduler, folder.scheduler, params.steps, { noise })
  const sessions = await openSessions(engine, model, signal)
  const tokenizer = await tokenizerOf(model, sessions.textEncoder)

  const encodeStartMs = performance.now()
  signal.throwIfAborted()
  const denoiser = await makeDenoiser({ engine, sessions, tokenizer, params, shape })
  const latents = new Float32Array(shape[0] * shape[1] * shape[2])
  noise.write(latents, 0)

  const denoiseStartMs = performance.now()
  await denoise({
    scheduler,
    predict: (...call) =>
      denoiser.predict(...call).catch((error: unknown) => {
        throw sizeFailure(folder, shape, error)
      }),
    latents,
    signal,
    onStep: (done) => context.progress({ type: 'progress', data: { done, total: params.steps } }),
  })
  const decodeStartMs = performance.now()
  const { width, height, rgb } = await decodePicture(engine, sessions.vaeDecoder, folder, { data: latents, shape })
  const output = encode({ width, height, data: rgb, channels: 3, depth: 8 }, { zlib: { level: PNG_LEVEL } })
  const endMs = performance.now()

  const denoiseMs = decodeStartMs - denoiseStartMs
  return {
    mode: engine.mode,
    mediaType: 'image/png',
    output,
    metrics: {
      steps: params.steps,
      steps_per_s: (1000 * params.steps) / denoiseMs,
      step_ms: denoiseMs / params.steps,
      load_ms: encodeStartMs - loadStartMs,
      encode_ms: denoiseStartMs - encodeStartMs,
      decode_ms: endMs - decodeStartMs,
    },
    environment: { scheduler: params.scheduler, dtype: denoiser.dtype, width, height },
  }
}

/** Kept as long as the engine keeps the session of the text encoder that it belongs to. */
const tokenizers = new WeakMap<InferenceSession, Promise<ClipTokenizer>>()

function tokenizerOf(model: ModelFile, textEncoder: InferenceSession): Promise<ClipTokenizer> {
  const known = tokenizers.get(textEncoder)
  if (known !== undefined) return known
  const reading = ClipTokenizer.read(model)
  tokenizers.set(textEncoder, reading)
  reading.catch(() => tokenizers.delete(textEncoder))
  return reading
}

interface Preparation {
  readonly engine: OnnxEngine
  readonly sessions: ModelSessions
  readonly tokenizer: ClipTokenizer
  readonly params: SdInferParams
  readonly shape: LatentShape
}

async function makeDenoiser({ engine, sessions, tokenizer, params, shape }: Preparation): Promise<Denoiser> {
  const { textEncoder, unet } = sessions
  const { prompt, negative_prompt, guidance_scale: guidanceScale } = params
  const needsNegative = guidanceScale > 1 && !isGuidedByEmbedding(unet)
  return Denoiser.make({
    engine,
    session: unet,
    latents: shape,
    prompt: await encodeText(engine, textEncoder, tokenizer, prompt),
    negative: needsNegative ? await encodeText(engine, textEncoder, tokenizer, negative_prompt) : null,
    guidanceScale,
  })
}
