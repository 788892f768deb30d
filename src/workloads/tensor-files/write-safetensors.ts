import { ELEMENT_BYTES } from './element-types.ts'
import type { TensorBytes } from './element-types.ts'
import { SAFETENSORS_DTYPES } from './safetensors-dtypes.ts'

/** Headers are filled up with spaces to a multiple of this, so that the data begins at one. */
const ALIGNMENT = 8

/** A tensor with its name, which must not be `__metadata__`: the format keeps that for itself. */
export interface NamedTensor extends TensorBytes<ArrayBufferLike> {
  readonly name: string
}

/**
 * A safetensors file of the tensors, whose names must differ. The header names them in the order given; their data lies by size of
 * element, widest first, so that each begins at a multiple of that size and can be mapped as it is. The same tensors are the same
 * bytes: there is no metadata. Each byte is copied once.
 */
export function writeSafetensors(tensors: readonly NamedTensor[]): Uint8Array<ArrayBuffer> {
  const starts = new Map<NamedTensor, number>()
  let dataBytes = 0
  for (const tensor of tensors.toSorted((a, b) => ELEMENT_BYTES[b.type] - ELEMENT_BYTES[a.type])) {
    starts.set(tensor, dataBytes)
    dataBytes += tensor.bytes.length
  }
  const header = headerOf(tensors, starts)
  const dataStart = 8 + header.length
  const file = new Uint8Array(dataStart + dataBytes)
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true)
  file.set(header, 8)
  for (const [{ bytes }, start] of starts) file.set(bytes, dataStart + start)
  return file
}

function headerOf(tensors: readonly NamedTensor[], starts: ReadonlyMap<NamedTensor, number>): Uint8Array {
  // Written by hand: an object would put names that are whole numbers before the others.
  const entries = tensors.map((tensor) => {
    const { name, type, shape, bytes } = tensor
    const start = starts.get(tensor) ?? 0
    const entry = { dtype: SAFETENSORS_DTYPES[type], shape, data_offsets: [start, start + bytes.length] }
    return `${JSON.stringify(name)}:${JSON.stringify(entry)}`
  })
  const json = Buffer.from(`{${entries.join(',')}}`, 'utf8')
  const header = new Uint8Array(Math.ceil(json.length / ALIGNMENT) * ALIGNMENT).fill(0x20)
  header.set(json)
  return header
}
