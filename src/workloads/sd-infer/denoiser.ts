import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { OnnxEngine } from '../../engine/child/onnx-engine.ts'
import { guidanceEmbedding } from './guidance-embedding.ts'
import { runPart } from './run-part.ts'
import { floatTensor, inputPorts, numberTensor, outputPorts, portNamed } from './tensor-port.ts'
import type { FloatTensor, TensorPort } from './tensor-port.ts'
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

/** One call of the network. */
interface Pass {
  readonly sample: FloatTensor
  readonly inputs: Readonly<Record<string, Tensor>>
  readonly output: FloatTensor
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
  readonly #passes: readonly Pass[]
  readonly #predicted: Float32Array

  private constructor(options: DenoiserOptions, timestep: TensorPort, passes: readonly Pass[], dtype: string) {
    const [channels, height, width] = options.latents
    this.dtype = dtype
    this.#options = options
    this.#timestep = timestep
    this.#passes = passes
    this.#predicted = new Float32Array(channels * height * width)
  }

  /** Throws `E_UNSUPPORTED` where the network is not one of Stable Diffusion 1.x, 2.x or Turbo, `E_INVALID` for a size it cannot draw. */
  static make(options: DenoiserOptions): Denoiser {
    const ports = inputPorts(PART, options.session)
    refuseUnknownInputs(ports)
    const sample = portNamed(PART, ports, 'sample')
    const timestep = portNamed(PART, ports, 'timestep')
    refuseOtherSize(sample, options.latents)
    const texts = options.negative === null ? [options.prompt] : [options.negative, options.prompt]
    const batch = typeof sample.shape[0] === 'number' && sample.shape[0] > 0 ? sample.shape[0] : texts.length
    if (texts.length % batch !== 0) {
      throw new JobFailureError(
        'E_UNSUPPORTED',
        `unet of the model takes only batches of ${batch}: export it with a free batch size`,
      )
    }
    const passes = Array.from({ length: texts.length / batch }, (_, pass) =>
      makePass(options, ports, texts.slice(pass * batch, (pass + 1) * batch)),
    )
    return new Denoiser(options, timestep, passes, sample.type)
  }

  /** The guided prediction for `latents · scale`. The array is filled again by the next call. */
  async predict(latents: Float32Array, scale: number, timestep: number): Promise<Float32Array> {
    const { engine, session, negative, guidanceScale } = this.#options
    const time = numberTensor(engine, this.#timestep, timestep)
    for (const { sample, inputs, output } of this.#passes) {
      const { data } = sample
      for (let i = 0; i < data.length; i++) data[i] = scale * (latents[i % latents.length] ?? 0)
      await runPart(PART, session, { ...inputs, [this.#timestep.name]: time }, { [outputName(session)]: output.tensor })
    }
    const predicted = this.#predicted
    const [first, second] = this.#passes
    const conditional = second ?? first
    if (first === undefined || conditional === undefined) return predicted
    if (negative === null) {
      predicted.set(first.output.data)
      return predicted
    }
    const away = first.output.data
    const towards = conditional.output.data
    const offset = second === undefined ? predicted.length : 0
    for (let i = 0; i < predicted.length; i++) {
      const from = away[i] ?? 0
      predicted[i] = from + guidanceScale * ((towards[offset + i] ?? 0) - from)
    }
    return predicted
  }
}

function makePass(options: DenoiserOptions, ports: ReadonlyMap<string, TensorPort>, texts: readonly TextEmbedding[]): Pass {
  const { engine, session, latents, guidanceScale } = options
  const { tokens, width } = options.prompt
  const samplePort = portNamed(PART, ports, 'sample')
  const statesPort = portNamed(PART, ports, 'encoder_hidden_states')
  const sample = floatTensor(engine, samplePort, [texts.length, ...latents])
  const states = floatTensor(engine, statesPort, [texts.length, tokens, width])
  for (const [index, text] of texts.entries()) states.data.set(text.data, index * tokens * width)
  const inputs: Record<string, Tensor> = { [samplePort.name]: sample.tensor, [statesPort.name]: states.tensor }
  const guidancePort = ports.get(GUIDANCE_INPUT)
  if (guidancePort !== undefined) {
    const size = guidancePort.shape[1]
    if (typeof size !== 'number')
      throw new JobFailureError('E_UNSUPPORTED', `${GUIDANCE_INPUT} of unet of the model has no fixed size`)
    const guidance = floatTensor(engine, guidancePort, [texts.length, size])
    for (const index of texts.keys()) guidance.data.set(guidanceEmbedding(guidanceScale, size), index * size)
    inputs[guidancePort.name] = guidance.tensor
  }
  const output = portNamed(PART, outputPorts(PART, session), outputName(session))
  return { sample, inputs, output: floatTensor(engine, output, [texts.length, ...latents]) }
}

/** Whether a network is told the guidance scale, and so does without a second prediction. */
export function isGuidedByEmbedding(session: InferenceSession): boolean {
  return inputPorts(PART, session).has(GUIDANCE_INPUT)
}

function outputName(session: InferenceSession): string {
  return session.outputNames[0] ?? 'out_sample'
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
