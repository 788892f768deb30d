import type { InferenceSession } from 'onnxruntime-node'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { OnnxEngine } from '../../engine/child/onnx-engine.ts'
import type { ModelFolder } from './model-folder.ts'
import { runPart } from './run-part.ts'
import { floatData, floatTensor, floatsOf, inputPorts, outputPorts, portNamed } from './tensor-port.ts'

const PART = 'vae_decoder'

/** Pixels, row by row, three bytes each: red, green, blue. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8ClampedArray
}

/** Makes a picture of final latents. Rejects with `E_ENGINE` where the decoder gives no picture. */
export async function decodePicture(
  engine: OnnxEngine,
  session: InferenceSession,
  { scalingFactor, shiftFactor }: ModelFolder,
  latents: { readonly data: Float32Array; readonly shape: readonly [number, number, number] },
): Promise<Picture> {
  const input = portNamed(PART, inputPorts(PART, session), 'latent_sample')
  const output = portNamed(PART, outputPorts(PART, session), 'sample')
  const sample = floatData(input, latents.data.length)
  for (const [i, value] of latents.data.entries()) sample[i] = value / scalingFactor + shiftFactor
  const tensor = floatTensor(engine, sample, [1, ...latents.shape])
  const result = (await runPart(PART, session, { [input.name]: tensor }))[output.name]
  const values = floatsOf(output, result)
  const [, channels, height, width] = result?.dims ?? []
  if (channels !== 3 || height === undefined || width === undefined) {
    throw new JobFailureError(
      'E_ENGINE',
      `vae_decoder of the model gave a tensor of ${(result?.dims ?? []).join('x')}, which is no picture`,
    )
  }
  return { width, height, rgb: toRgb(values, width * height) }
}

/** From planes of values in [-1, 1]; what is beyond them is cut off. Throws `E_ENGINE` for what is no number. */
function toRgb(planes: ArrayLike<number>, pixels: number): Uint8ClampedArray {
  const rgb = new Uint8ClampedArray(3 * pixels)
  for (let channel = 0; channel < 3; channel++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const value = planes[channel * pixels + pixel] ?? Number.NaN
      if (Number.isNaN(value)) throw new JobFailureError('E_ENGINE', 'vae_decoder of the model gave values that are no numbers')
      rgb[3 * pixel + channel] = 255 * (value / 2 + 0.5)
    }
  }
  return rgb
}
