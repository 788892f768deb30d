import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { errorCode } from '../../domain/error-code.ts'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { ModelFile } from '../../engine/child/run-context.ts'
import { schedulerConfig } from './schedulers/scheduler-config.ts'
import type { SchedulerConfig } from './schedulers/scheduler-config.ts'

const part = z.tuple([z.string().nullable(), z.string().nullable()]).nullish()

const modelIndex = z.object({
  _class_name: z.string(),
  text_encoder: part,
  text_encoder_2: part,
  unet: part,
  transformer: part,
})

const unetConfig = z.object({
  sample_size: z.union([z.int().positive(), z.tuple([z.int().positive(), z.int().positive()])]),
  in_channels: z.int().positive().default(4),
  out_channels: z.int().positive().default(4),
  block_out_channels: z.array(z.int()).min(1),
})

const vaeConfig = z.object({
  block_out_channels: z.array(z.int()).min(1),
  latent_channels: z.int().positive().default(4),
  scaling_factor: z.number().gt(0).default(0.18215),
  shift_factor: z.number().nullish(),
})

/** What the configuration files of a diffusion model say. */
export interface ModelFolder {
  readonly name: string
  readonly path: string
  readonly scheduler: SchedulerConfig
  readonly latentChannels: number
  /** The model's own size, in latents. */
  readonly latentHeight: number
  readonly latentWidth: number
  /** Pixels a latent, in each direction. */
  readonly vaeScale: number
  /** How often the denoising network halves its input, as a factor: some exports take only multiples of it. */
  readonly unetScale: number
  /** `latents = (sample - shift) · scaling` of the autoencoder's. */
  readonly scalingFactor: number
  readonly shiftFactor: number
}

/**
 * Reads the folder of a Stable Diffusion model as optimum exports it: model_index.json, scheduler, text_encoder, tokenizer, unet,
 * vae_decoder. Rejects with `E_INPUT` for a file that is missing or broken, and with `E_UNSUPPORTED` for a model of another family.
 */
export async function readModelFolder({ name, path }: ModelFile): Promise<ModelFolder> {
  const index = await readConfig(modelIndex, { name, path }, 'model_index.json')
  refuseOtherFamilies(name, index)
  const unet = await readConfig(unetConfig, { name, path }, 'unet/config.json')
  const vae = await readConfig(vaeConfig, { name, path }, 'vae_decoder/config.json')
  const scheduler = await readSchedulerConfig({ name, path })
  if (unet.in_channels !== vae.latent_channels || unet.out_channels !== vae.latent_channels) {
    const channels = `${unet.in_channels} channels in, ${unet.out_channels} out, ${vae.latent_channels} in a latent`
    throw new JobFailureError(
      'E_UNSUPPORTED',
      `model ${name} does not draw pictures from text alone (${channels}): give a text-to-image model`,
    )
  }
  const [latentHeight, latentWidth] =
    typeof unet.sample_size === 'number' ? [unet.sample_size, unet.sample_size] : unet.sample_size
  return {
    name,
    path,
    scheduler,
    latentChannels: vae.latent_channels,
    latentHeight,
    latentWidth,
    vaeScale: 2 ** (vae.block_out_channels.length - 1),
    unetScale: 2 ** (unet.block_out_channels.length - 1),
    scalingFactor: vae.scaling_factor,
    shiftFactor: vae.shift_factor ?? 0,
  }
}

function refuseOtherFamilies(name: string, index: z.infer<typeof modelIndex>): void {
  const isTwoEncoders = index.text_encoder_2?.[1] != null
  if (!isTwoEncoders && index.transformer?.[1] == null) return
  const what = isTwoEncoders ? 'two text encoders, as SDXL' : 'a transformer, as Stable Diffusion 3'
  throw new JobFailureError(
    'E_UNSUPPORTED',
    `model ${name} (${index._class_name}) has ${what}: this version draws with Stable Diffusion 1.x, 2.x and Turbo models`,
  )
}

async function readSchedulerConfig(model: Pick<ModelFile, 'name' | 'path'>): Promise<SchedulerConfig> {
  const file = 'scheduler/scheduler_config.json'
  const result = schedulerConfig.safeParse(await readJson(model, file))
  if (result.success) return result.data
  throw new JobFailureError(
    'E_UNSUPPORTED',
    `model ${model.name} has a schedule that is not offered here: ${file}: ${problemsOf(result.error)}`,
  )
}

/** A JSON file of the model. Rejects with `E_INPUT` naming the file. */
export async function readConfig<T>(schema: z.ZodType<T>, model: Pick<ModelFile, 'name' | 'path'>, file: string): Promise<T> {
  const result = schema.safeParse(await readJson(model, file))
  if (result.success) return result.data
  throw new JobFailureError('E_INPUT', `${file} of model ${model.name} is not as expected: ${problemsOf(result.error)}`)
}

async function readJson(model: Pick<ModelFile, 'name' | 'path'>, file: string): Promise<unknown> {
  const text = await readModelText(model, file)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new JobFailureError('E_INPUT', `${file} of model ${model.name} is no JSON: ${String(cause)}`, { cause })
  }
}

/** A text file of the model. Rejects with `E_INPUT` naming the file. */
export async function readModelText({ name, path }: Pick<ModelFile, 'name' | 'path'>, file: string): Promise<string> {
  try {
    return await readFile(join(path, file), 'utf8')
  } catch (cause) {
    const reason = isMissing(cause) ? 'is missing' : `cannot be read (${String(cause)})`
    throw new JobFailureError('E_INPUT', `${file} of model ${name} ${reason}: give the whole folder of an ONNX export`, { cause })
  }
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')
}

function problemsOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)).join('; ')
}
