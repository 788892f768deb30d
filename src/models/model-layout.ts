import { JobFailureError } from '../domain/failure-codes.ts'
import type { ModelFormat } from '../domain/models.ts'
import { externalDataFiles } from './onnx-external-data.ts'
import { checkGguf, diffusionParts } from './inspect-model.ts'

/** A file that belongs to a model beside the one that its URI names. */
export interface FurtherFile {
  /** Relative to the first file. */
  readonly path: string
  /** May be missing at the source. */
  readonly isOptional: boolean
}

const SPLIT = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/
const MAX_PARTS = 999

const PART_FILES: Readonly<Record<string, readonly (readonly [path: string, isOptional: boolean])[]>> = {
  tokenizer: [
    ['vocab.json', false],
    ['merges.txt', false],
    ['tokenizer_config.json', true],
    ['special_tokens_map.json', true],
  ],
  scheduler: [['scheduler_config.json', false]],
  text_encoder: [
    ['model.onnx', false],
    ['config.json', true],
  ],
  unet: [
    ['model.onnx', false],
    ['config.json', true],
  ],
  vae_decoder: [
    ['model.onnx', false],
    ['config.json', true],
  ],
}

/** The name of the file that a URI names, as it lies in the model's folder. Throws `E_INPUT` for one that is no name. */
export function firstFileName(uri: string, format: ModelFormat): string {
  const name = decoded(
    uri
      .replace(/[?#].*$/s, '')
      .replace(/^(hf:[^@]*)@.*$/s, '$1')
      .split('/')
      .at(-1) ?? '',
  )
  if (!/^[A-Za-z0-9_.@+= -]{1,200}$/.test(name) || /^\.+$/.test(name)) {
    throw new JobFailureError('E_INPUT', `${JSON.stringify(uri.slice(0, 200))} does not end with the name of a file`)
  }
  if (format === 'diffusers' && name !== 'model_index.json') {
    throw new JobFailureError('E_INPUT', `a diffusion model is named by its model_index.json, not by ${name}`)
  }
  return name
}

/** As it stands where it is no escaped text, which is then refused as a name. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What else belongs to a model, told by its first file, which lies at `path`. Rejects with `E_INPUT` when that is none. */
export async function furtherFiles(
  format: ModelFormat,
  name: string,
  path: string,
  modelName: string,
): Promise<readonly FurtherFile[]> {
  switch (format) {
    case 'gguf':
      await checkGguf(path, modelName)
      return splitParts(name, modelName)
    case 'onnx':
      return (await externalDataFiles(path)).map((location) => ({ path: location, isOptional: false }))
    case 'diffusers':
      return (await diffusionParts(path, modelName)).flatMap((part) =>
        (PART_FILES[part] ?? []).map(([file, isOptional]) => ({ path: `${part}/${file}`, isOptional })),
      )
    default:
      return format satisfies never
  }
}

function splitParts(name: string, modelName: string): readonly FurtherFile[] {
  const [, stem = '', part = '', count = ''] = SPLIT.exec(name) ?? []
  if (stem === '') return []
  if (Number(part) !== 1 || Number(count) > MAX_PARTS) {
    throw new JobFailureError(
      'E_INPUT',
      `model ${modelName} is named by part ${part} of ${count}: name the first, of at most ${MAX_PARTS}`,
    )
  }
  return Array.from({ length: Number(count) - 1 }, (_, at) => ({
    path: `${stem}-${String(at + 2).padStart(5, '0')}-of-${count}.gguf`,
    isOptional: false,
  }))
}
