import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { OnnxEngine } from '../../engine/child/onnx-engine.ts'
import { guidanceEmbedding } from './guidance-embedding.ts'
import { runPart } from './run-part.ts'
import { floatData, floatTensor, inputPorts, numberTensor, outputPorts, portNamed } from './tensor-port.ts'
import type { FloatData, TensorPort } from './tensor-port.ts'
import type { TextEmbedding } from './text-encoder.ts'

const PART = 'unet'
const GUIDANCE_INPUT = 'timestep_cond'
const INPUTS = new Set(['sample', 'timestep', 'encoder_hidden_states', GUIDANCE_INPUT])

export interface DenoiserOptions {
  readonly engine: OnnxEngine
  readonly session: InferenceSession
  /** Channels, height and width of the latents. */
  readonly latents: readonly [number, number, number]
  readonly prompt: TextEmbedding
  /** What to lead away from; null for a run without classifier-free guidance. */
  readonly negative: TextEmbedding | null
  readonly guidanceScale: number
}

/** Tensors over parts of these arrays are made once and used in each step. */
interface Buffers {
  /** Latents as the network sees them, for each text. */
  readonly sample: FloatData
  /** What it predicted, for each text. */
  readonly output: FloatData
}

/** One call of the network. */
interface Pass {
  readonly inputs: Readonly<Record<string, Tensor>>
  readonly outputs: Readonly<Record<string, Tensor>>
}

/**
 * The denoising network with its texts and its guidance (Ho and Salimans, arXiv:2207.12598): `u + scale · (c - u)` of the predictions
 * for the negative prompt and the prompt. Both are computed in one batch where the network's batch is free, else one after the other.
 */
export class Denoiser {
  /** Precision of the network's latents. */
  readonly dtype: string
  readonly #options: DenoiserOptions
  readonly #timestep: TensorPort
  readonly #buffers: Buffers
  readonly #passes: readonly Pass[]
  readonly #predicted: Float32Array

  private constructor(options: DenoiserOptions, timestep: TensorPort, buffers: Buffers, passes: readonly Pass[]) {
    this.dtype = buffers.sample instanceof Float32Array ? 'float32' : 'float16'
    this.#options = options
    this.#timestep = timestep
    this.#buffers = buffers
    this.#passes = passes
    this.#predicted = new Float32Array(lengthOf(options.latents))
  }

  /** Throws `E_UNSUPPORTED` where the network is not one of Stable Diffusion 1.x, 2.x or Turbo, `E_INVALID` for a size it cannot draw. */
  static make(options: DenoiserOptions): Denoiser {
    const { session, latents, prompt, negative } = options
    const ports = inputPorts(PART, session)
    refuseUnknownInputs(ports)
    const sample = portNamed(PART, ports, 'sample')
    refuseOtherSize(sample, latents)
    const texts = negative === null ? [prompt] : [negative, prompt]
    const batch = typeof sample.shape[0] === 'number' && sample.shape[0] > 0 ? sample.shape[0] : texts.length
    if (texts.length % batch !== 0) {
      const message = `unet of the model takes only batches of ${batch}: export it with a free batch size`
      throw new JobFailureError('E_UNSUPPORTED', message)
    }
    const output = portNamed(PART, outputPorts(PART, session), 'out_sample')
    const length = texts.length * lengthOf(latents)
    const buffers = { sample: floatData(sample, length), output: floatData(output, length) }
    const passes = Array.from({ length: texts.length / batch }, (_, pass) =>
      makePass(options, { ports, output, buffers, texts, first: pass * batch, batch }),
    )
    return new Denoiser(options, portNamed(PART, ports, 'timestep'), buffers, passes)
  }

  /** The guided prediction for `latents · scale`. The array is filled again by the next call. */
  async predict(latents: Float32Array, scale: number, timestep: number): Promise<Float32Array> {
    const { engine, session, negative, guidanceScale } = this.#options
    const { sample, output } = this.#buffers
    const time = numberTensor(engine, this.#timestep, timestep)
    for (let i = 0; i < sample.length; i++) sample[i] = scale * (latents[i % latents.length] ?? 0)
    for (const { inputs, outputs } of this.#passes) {
      await runPart(PART, session, { ...inputs, [this.#timestep.name]: time }, outputs)
    }
    const predicted = this.#predicted
    for (let i = 0; i < predicted.length; i++) {
      const first = output[i] ?? 0
      predicted[i] = negative === null ? first : first + guidanceScale * ((output[predicted.length + i] ?? 0) - first)
    }
    return predicted
  }
}

interface PassOptions {
  readonly ports: ReadonlyMap<string, TensorPort>
  readonly output: TensorPort
  readonly buffers: Buffers
  readonly texts: readonly TextEmbedding[]
  /** Of the texts, and how many. */
  readonly first: number
  readonly batch: number
}

function makePass(options: DenoiserOptions, { ports, output, buffers, texts, first, batch }: PassOptions): Pass {
  const { engine, latents, prompt, guidanceScale } = options
  const length = lengthOf(latents)
  const part = (data: FloatData): Tensor =>
    floatTensor(engine, data.subarray(first * length, (first + batch) * length), [batch, ...latents])

  const statesPort = portNamed(PART, ports, 'encoder_hidden_states')
  const states = floatData(statesPort, batch * prompt.tokens * prompt.width)
  for (const [index, text] of texts.slice(first, first + batch).entries())
    states.set(text.data, index * prompt.tokens * prompt.width)
  const inputs: Record<string, Tensor> = {
    [portNamed(PART, ports, 'sample').name]: part(buffers.sample),
    [statesPort.name]: floatTensor(engine, states, [batch, prompt.tokens, prompt.width]),
  }
  const guidancePort = ports.get(GUIDANCE_INPUT)
  if (guidancePort !== undefined) inputs[guidancePort.name] = guidanceTensor(engine, guidancePort, guidanceScale, batch)
  return { inputs, outputs: { [output.name]: part(buffers.output) } }
}

function guidanceTensor(engine: OnnxEngine, port: TensorPort, scale: number, batch: number): Tensor {
  const size = port.shape[1]
  if (typeof size !== 'number' || size < 4) {
    throw new JobFailureError('E_UNSUPPORTED', `${port.name} of unet of the model has no fixed size of at least 4`)
  }
  const data = floatData(port, batch * size)
  for (let index = 0; index < batch; index++) data.set(guidanceEmbedding(scale, size), index * size)
  return floatTensor(engine, data, [batch, size])
}

/** Whether a network is told the guidance scale, and so does without a second prediction. */
export function isGuidedByEmbedding(session: InferenceSession): boolean {
  return inputPorts(PART, session).has(GUIDANCE_INPUT)
}

function lengthOf([channels, height, width]: readonly [number, number, number]): number {
  return channels * height * width
}

function refuseUnknownInputs(ports: ReadonlyMap<string, TensorPort>): void {
  const unknown = [...ports.keys()].filter((name) => !INPUTS.has(name))
  if (unknown.length === 0) return
  throw new JobFailureError(
    'E_UNSUPPORTED',
    `unet of the model wants ${unknown.join(', ')}: this version draws with Stable Diffusion 1.x, 2.x and Turbo models`,
  )
}

function refuseOtherSize({ shape }: TensorPort, [, height, width]: readonly [number, number, number]): void {
  if (fits(shape[2], height) && fits(shape[3], width)) return
  throw new JobFailureError('E_INVALID', `this model draws pictures of its own size only: leave out width and height`)
}

/** Whether a dimension of the network is free or of that size. */
function fits(dimension: number | string | undefined, size: number): boolean {
  return typeof dimension !== 'number' || dimension <= 0 || dimension === size
}
