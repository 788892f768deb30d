import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { InputFile } from '../../engine/child/run-context.ts'
import type { TensorBytes } from '../tensor-files/element-types.ts'
import { MAX_NPY_HEADER_BYTES, isNpy, readNpyHeader } from '../tensor-files/npy-header.ts'
import { readNpy } from '../tensor-files/read-npy.ts'
import {
  SAFETENSORS_PREFIX_BYTES,
  readSafetensorsHeader,
  safetensorsHeaderBytes,
  safetensorsTensor,
} from '../tensor-files/read-safetensors.ts'
import type { SafetensorsEntry } from '../tensor-files/read-safetensors.ts'
import { TensorFileError } from '../tensor-files/tensor-file-error.ts'
import { didYouMean } from './ports.ts'
import { notTruthAt } from './tensor-elements.ts'

/** Linux reads at most 2 GiB at a time. */
const MAX_READ_BYTES = 2 ** 30

/**
 * The tensor of an npy file, or one of a safetensors file: the one of that name, else the one called as the input of the model is,
 * else the only one. Its bytes fill a buffer of their own. Rejects with `E_INPUT` for what is no such file, with `E_INVALID` for a name that is not
 * in it.
 */
export async function fileTensor(file: InputFile, wanted: string | undefined, inputName: string): Promise<TensorBytes> {
  const handle = await open(file.path)
  try {
    const { size } = await handle.stat()
    const start = await readAt(handle, 0, Math.min(size, MAX_NPY_HEADER_BYTES))
    const tensor = isNpy(start)
      ? await npyTensor(handle, start, size, wanted)
      : await safetensorsFileTensor(handle, start, size, { wanted, inputName, fileName: file.name })
    const at = tensor.type === 'bool' ? notTruthAt(tensor.bytes) : -1
    if (at >= 0) throw new TensorFileError(`has a bool that is ${tensor.bytes[at]}, where 0 and 1 are allowed`)
    return tensor
  } catch (error) {
    if (!(error instanceof TensorFileError)) throw error
    throw new JobFailureError('E_INPUT', `input file ${file.name} ${error.message}`, { cause: error })
  } finally {
    await handle.close()
  }
}

async function npyTensor(handle: FileHandle, start: Uint8Array, size: number, wanted: string | undefined): Promise<TensorBytes> {
  if (wanted !== undefined)
    throw new TensorFileError(`is an npy file, which holds one array without a name: leave out tensor ${wanted}`)
  const header = readNpyHeader(start)
  return readNpy(header, await readAt(handle, header.dataStart, size - header.dataStart))
}

interface Choice {
  readonly wanted: string | undefined
  readonly inputName: string
  readonly fileName: string
}

async function safetensorsFileTensor(handle: FileHandle, start: Uint8Array, size: number, choice: Choice): Promise<TensorBytes> {
  const headerBytes = safetensorsHeaderBytes(start.subarray(0, SAFETENSORS_PREFIX_BYTES), size)
  const dataStart = SAFETENSORS_PREFIX_BYTES + headerBytes
  const header = await readAt(handle, SAFETENSORS_PREFIX_BYTES, headerBytes)
  const [name, entry] = chosen(readSafetensorsHeader(header, size - dataStart), choice)
  return safetensorsTensor(name, entry, await readAt(handle, dataStart + entry.start, entry.end - entry.start))
}

function chosen(
  entries: ReadonlyMap<string, SafetensorsEntry>,
  { wanted, inputName, fileName }: Choice,
): readonly [string, SafetensorsEntry] {
  const named = entries.get(wanted ?? inputName)
  if (named !== undefined) return [wanted ?? inputName, named]
  const [only, ...others] = entries
  if (wanted === undefined && only !== undefined && others.length === 0) return only
  const hint = didYouMean(wanted ?? inputName, [...entries.keys()])
  if (wanted !== undefined) throw new JobFailureError('E_INVALID', `input file ${fileName} has no tensor ${wanted}: ${hint}`)
  throw new JobFailureError('E_INVALID', `input ${inputName}: say which tensor of input file ${fileName} it is: ${hint}`)
}

/** Bytes of the file in a buffer of their own; fewer than asked for where the file was cut meanwhile is an error. */
async function readAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, MAX_READ_BYTES), position + done)
    if (bytesRead === 0) throw new TensorFileError('became shorter while it was read')
    done += bytesRead
  }
  return bytes
}
