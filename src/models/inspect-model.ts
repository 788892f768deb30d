import { open, readFile } from 'node:fs/promises'
import { z } from 'zod'
import { JobFailureError } from '../domain/failure-codes.ts'

const GGUF_MAGIC = 'GGUF'
/** Version, tensors and metadata entries, behind the magic. */
const GGUF_HEAD_BYTES = 24
const MAX_TENSORS = 1_000_000
const MAX_METADATA = 1_000_000

/** Looks at the head of a GGUF file; rejects with `E_INPUT` when it is none, before llama.cpp stumbles over it. */
export async function checkGguf(path: string, name: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(GGUF_HEAD_BYTES)
    const { bytesRead } = await file.read(head, 0, head.length, 0)
    const isGguf = bytesRead === head.length && head.toString('latin1', 0, 4) === GGUF_MAGIC
    if (!isGguf) throw new JobFailureError('E_INPUT', `model ${name} is no GGUF file: it does not begin with "GGUF"`)
    const version = head.readUInt32LE(4)
    if (version < 2 || version > 3)
      throw new JobFailureError('E_INPUT', `model ${name} is a GGUF of version ${version}: 2 and 3 are read`)
    const [tensors, entries] = [head.readBigUInt64LE(8), head.readBigUInt64LE(16)]
    if (tensors > MAX_TENSORS || entries > MAX_METADATA) {
      throw new JobFailureError(
        'E_INPUT',
        `model ${name} is damaged: its head tells of ${tensors} tensors and ${entries} entries`,
      )
    }
  } finally {
    await file.close()
  }
}

const component = z.tuple([z.string().nullable(), z.string().nullable()]).rest(z.unknown())
const modelIndex = z.looseObject({ _class_name: z.string() })

/** The parts of a diffusion pipeline by its `model_index.json`, among those that drawing needs. Rejects with `E_INPUT`. */
export async function diffusionParts(path: string, name: string): Promise<readonly string[]> {
  let index: z.infer<typeof modelIndex>
  try {
    index = modelIndex.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    throw new JobFailureError('E_INPUT', `model ${name}: its model_index.json is not one of a diffusion pipeline`, { cause })
  }
  const isThere = (part: string): boolean => Object.hasOwn(index, part) && component.safeParse(index[part]).data?.[1] != null
  const parts = ['tokenizer', 'scheduler', 'text_encoder', 'unet'].filter(isThere)
  return [...parts, 'vae_decoder']
}
