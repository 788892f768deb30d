import { z } from 'zod'
import { duplicateJsonKey } from './duplicate-json-key.ts'
import { elementCount } from './element-types.ts'
import type { TensorBytes } from './element-types.ts'
import { SAFETENSORS_BITS, elementTypeOf } from './safetensors-dtypes.ts'
import { TensorFileError } from './tensor-file-error.ts'

/** Bytes before the header: its length, little-endian. */
export const SAFETENSORS_PREFIX_BYTES = 8

/** Longest header that is read: some hundred thousand tensors. The format itself allows 100 MB. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024

/** A tensor in a safetensors file; `start` and `end` count from the first byte after the header. */
export interface SafetensorsEntry {
  /** By the format's name: `F32`, `BF16`, … */
  readonly dtype: string
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
})

const metadataSchema = z.record(z.string(), z.string())

/**
 * The length of the header, from the file's first bytes. Throws `TensorFileError` unless a header of that length fits the file, so
 * that nobody makes room by a length that lies.
 */
export function safetensorsHeaderBytes(prefix: Uint8Array, fileBytes: number): number {
  if (prefix.length < SAFETENSORS_PREFIX_BYTES) {
    throw new TensorFileError(`is no safetensors file: it has ${fileBytes} bytes, fewer than the length of its header takes`)
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true)
  if (length > BigInt(fileBytes - SAFETENSORS_PREFIX_BYTES)) {
    throw new TensorFileError(
      `is no safetensors file, or not all of one: it speaks of a header of ${length} bytes and has ${fileBytes} bytes`,
    )
  }
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new TensorFileError(`has a safetensors header of ${length} bytes: at most ${MAX_HEADER_BYTES} are read`)
  }
  return Number(length)
}

/**
 * The tensors that a header tells of, by name, for a file with `dataBytes` bytes after the header. Throws `TensorFileError` unless
 * the header is one JSON object without a name twice and its tensors fill the data without gap or overlap.
 */
export function readSafetensorsHeader(header: Uint8Array, dataBytes: number): ReadonlyMap<string, SafetensorsEntry> {
  const entries = new Map<string, SafetensorsEntry>()
  for (const [name, value] of Object.entries(parseHeader(header))) {
    if (name === '__metadata__') {
      if (!metadataSchema.safeParse(value).success) throw new TensorFileError('has a __metadata__ that holds more than texts')
      continue
    }
    entries.set(name, checkedEntry(name, value))
  }
  checkLayout(entries, dataBytes)
  return entries
}

/** A tensor of the header over its bytes. Throws `TensorFileError` for a dtype that this program does not compute with. */
export function safetensorsTensor(name: string, { dtype, shape }: SafetensorsEntry, bytes: Uint8Array<ArrayBuffer>): TensorBytes {
  const type = elementTypeOf(dtype)
  if (type === null) throw new TensorFileError(`holds tensor ${name} as ${dtype}, which ONNX Runtime for Node.js does not take`)
  return { type, shape, bytes }
}

function parseHeader(header: Uint8Array): object {
  if (header[0] !== 0x7b) throw new TensorFileError('is no safetensors file: its header is no JSON object')
  let text: string
  let value: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(header)
    value = JSON.parse(text)
  } catch (cause) {
    throw new TensorFileError('is no safetensors file: its header is no JSON in UTF-8', { cause })
  }
  const duplicate = duplicateJsonKey(text)
  if (duplicate !== null) throw new TensorFileError(`names ${JSON.stringify(duplicate)} twice in its safetensors header`)
  if (typeof value !== 'object' || value === null)
    throw new TensorFileError('is no safetensors file: its header is no JSON object')
  return value
}

function checkedEntry(name: string, value: unknown): SafetensorsEntry {
  const parsed = entrySchema.safeParse(value)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new TensorFileError(`describes tensor ${JSON.stringify(name)} wrongly: ${problems.join('; ')}`)
  }
  const { dtype, shape } = parsed.data
  const [start, end] = parsed.data.data_offsets
  const bits = SAFETENSORS_BITS.get(dtype)
  if (bits === undefined) throw new TensorFileError(`has tensor ${JSON.stringify(name)} of the unknown dtype ${dtype}`)
  const bytes = (elementCount(shape) * bits) / 8
  if (end - start !== bytes) {
    throw new TensorFileError(
      `gives tensor ${JSON.stringify(name)} ${end - start} bytes, where ${dtype} of shape [${shape.join(', ')}] takes ${bytes}`,
    )
  }
  return { dtype, shape, start, end }
}

function checkLayout(entries: ReadonlyMap<string, SafetensorsEntry>, dataBytes: number): void {
  let end = 0
  for (const [name, entry] of [...entries].toSorted(([, a], [, b]) => a.start - b.start || a.end - b.end)) {
    if (entry.start !== end) {
      throw new TensorFileError(
        `has tensor ${JSON.stringify(name)} at byte ${entry.start} of its data, not at ${end} where the one before ends`,
      )
    }
    end = entry.end
  }
  if (end !== dataBytes) {
    throw new TensorFileError(
      `has ${dataBytes} bytes of data, where its safetensors header tells of ${end}: it is not complete, or has something after it`,
    )
  }
}
