import { ELEMENT_BYTES, elementCount } from './element-types.ts'
import type { TensorBytes } from './element-types.ts'
import type { NpyHeader } from './npy-header.ts'
import { TensorFileError } from './tensor-file-error.ts'

/**
 * The array of an npy file, from its header and all bytes after that, which are changed in place where they are big-endian. Throws
 * `TensorFileError` when there are too few or too many of them.
 */
export function readNpy({ type, shape, isBigEndian, isFortranOrder }: NpyHeader, data: Uint8Array<ArrayBuffer>): TensorBytes {
  const elementBytes = ELEMENT_BYTES[type]
  const wantedBytes = elementCount(shape) * elementBytes
  if (data.length !== wantedBytes) {
    throw new TensorFileError(
      `has ${data.length} bytes of data, where ${type} of shape [${shape.join(', ')}] takes ${wantedBytes}: it is not complete, or has something after it`,
    )
  }
  if (isBigEndian) swapBytes(data, elementBytes)
  return { type, shape, bytes: isFortranOrder && shape.length > 1 ? lastDimensionFastest(data, shape, elementBytes) : data }
}

function swapBytes(data: Uint8Array<ArrayBuffer>, elementBytes: number): void {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.length)
  if (elementBytes === 2) buffer.swap16()
  else if (elementBytes === 4) buffer.swap32()
  else if (elementBytes === 8) buffer.swap64()
}

/** The elements of an array whose first dimension runs fastest, in the order in which the last does. */
function lastDimensionFastest(data: Uint8Array, shape: readonly number[], elementBytes: number): Uint8Array<ArrayBuffer> {
  const ordered = new Uint8Array(data.length)
  const strides: number[] = []
  let stride = elementBytes
  for (const size of shape) {
    strides.push(stride)
    stride *= size
  }
  const index = shape.map(() => 0)
  let from = 0
  for (let to = 0; to < ordered.length; to += elementBytes) {
    for (let byte = 0; byte < elementBytes; byte++) ordered[to + byte] = data[from + byte] ?? 0
    for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
      const place = (index[dimension] ?? 0) + 1
      const step = strides[dimension] ?? 0
      from += step
      if (place < (shape[dimension] ?? 0)) {
        index[dimension] = place
        break
      }
      from -= place * step
      index[dimension] = 0
    }
  }
  return ordered
}
