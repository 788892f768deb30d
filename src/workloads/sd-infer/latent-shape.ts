import { JobFailureError } from '../../domain/failure-codes.ts'
import type { ModelFolder } from './model-folder.ts'
import type { SdInferParams } from './schema.ts'

/** Channels, height and width. */
export type LatentShape = readonly [channels: number, height: number, width: number]

/** The latents of a picture; the model's own size where the params give none. Throws `E_INVALID` for a size that the model cannot draw. */
export function latentShape(model: ModelFolder, { width, height }: Pick<SdInferParams, 'width' | 'height'>): LatentShape {
  const { latentChannels, latentHeight, latentWidth } = model
  return [latentChannels, latents(model, 'height', height) ?? latentHeight, latents(model, 'width', width) ?? latentWidth]
}

function latents({ name, vaeScale }: ModelFolder, side: string, pixels: number | undefined): number | undefined {
  if (pixels === undefined || pixels % vaeScale === 0) return pixels === undefined ? undefined : pixels / vaeScale
  const below = Math.floor(pixels / vaeScale) * vaeScale
  const allowed = below === 0 ? `${vaeScale}` : `${below} or ${below + vaeScale}`
  throw new JobFailureError(
    'E_INVALID',
    `${side} ${pixels} is not a multiple of ${vaeScale}, as model ${name} needs: use ${allowed}`,
  )
}

/**
 * What a failed run of the denoising network means. One that halves its input several times may not take a size that does not halve
 * so often: that is then the job's fault, `E_INVALID`. Any other error is given back.
 */
export function sizeFailure({ name, vaeScale, unetScale }: ModelFolder, [, height, width]: LatentShape, error: unknown): unknown {
  const isEven = height % unetScale === 0 && width % unetScale === 0
  if (isEven || !(error instanceof JobFailureError) || error.failure.code !== 'E_ENGINE') return error
  const size = `${width * vaeScale}x${height * vaeScale}`
  return new JobFailureError(
    'E_INVALID',
    `model ${name} does not draw pictures of ${size}: use a width and height that are multiples of ${vaeScale * unetScale}`,
    { cause: error },
  )
}
