import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { GgufFileInfo } from 'node-llama-cpp'
import { JobFailureError } from '../../domain/failure-codes.ts'
import { ggufProblem } from './gguf-structure.ts'
import type { ModelFile } from './run-context.ts'

const HEADER_BYTES = 24
/** The least that a tensor's and an entry's description take in the file. */
const LEAST_TENSOR_BYTES = 24
const LEAST_ENTRY_BYTES = 13
/** llama.cpp's own bound, and far more than any model was trained for. */
const MAX_LAYERS = 512
const MAX_CONTEXT = 2 ** 27

/** Reads what stands in front of the weights. Throws `E_INPUT` for a file that is no GGUF, or not all of one. */
export async function readModelFile(file: ModelFile): Promise<GgufFileInfo> {
  await checkHeader(file)
  const info = await readInfo(file)
  checkShape(file, info)
  return info
}

async function readInfo(file: ModelFile): Promise<GgufFileInfo> {
  const { readGgufFileInfo } = await import('node-llama-cpp')
  try {
    return await readGgufFileInfo(file.path, { sourceType: 'filesystem', logWarnings: false })
  } catch (cause) {
    throw damaged(file, cause instanceof Error ? cause.message : String(cause))
  }
}

/** Looks at what llama.cpp does not refuse, but ends the whole process on. */
function checkShape(file: ModelFile, { architectureMetadata: shape }: GgufFileInfo): void {
  const { block_count: layers, context_length: context, attention } = shape
  if (!isWithin(layers, 1, MAX_LAYERS)) throw damaged(file, `it claims to have ${layers} layers`)
  if (!isWithin(context, 1, MAX_CONTEXT)) throw damaged(file, `it claims a context of ${context} tokens`)
  const heads = attention?.head_count
  const keyHeads = attention?.head_count_kv
  if (typeof heads === 'number' && typeof keyHeads === 'number' && keyHeads > heads) {
    throw damaged(file, `it claims to have ${keyHeads} key heads for ${heads} heads`)
  }
}

function isWithin(value: number | undefined, least: number, most: number): boolean {
  return value === undefined || (value >= least && value <= most)
}

/** Looks at counts before anything is allocated by them. */
async function checkHeader(file: ModelFile): Promise<void> {
  const handle = await open(file.path)
  try {
    const { size } = await handle.stat()
    const header = Buffer.alloc(HEADER_BYTES)
    const { bytesRead } = await handle.read(header, 0, HEADER_BYTES, 0)
    const magic = header.toString('latin1', 0, 4)
    if (magic !== 'GGUF') {
      const start = JSON.stringify(header.toString('latin1', 0, Math.min(bytesRead, 8)))
      throw new JobFailureError('E_INPUT', `model ${file.name} is no GGUF file: it begins with ${start} instead of "GGUF"`)
    }
    if (bytesRead < HEADER_BYTES) throw damaged(file, `it has ${size} bytes`)
    const version = header.readUInt32LE(4)
    if (version < 2 || version > 3) {
      throw new JobFailureError(
        'E_INPUT',
        `model ${file.name} is a GGUF file of version ${version}: versions 2 and 3 can be read`,
      )
    }
    const tensors = header.readBigUInt64LE(8)
    const entries = header.readBigUInt64LE(16)
    if (tensors * BigInt(LEAST_TENSOR_BYTES) + entries * BigInt(LEAST_ENTRY_BYTES) > BigInt(size)) {
      throw damaged(file, `its header promises ${tensors} tensors and ${entries} entries in ${size} bytes`)
    }
    const problem = await ggufProblem(handle, size)
    if (problem !== null) throw damaged(file, problem)
  } finally {
    await handle.close()
  }
}

/** In the words of a library, without where this machine keeps the file. */
export function damaged({ name, path }: ModelFile, detail: string): JobFailureError {
  return new JobFailureError('E_INPUT', `model ${name} is damaged or incomplete: ${detail.replaceAll(`${dirname(path)}/`, '')}`)
}
