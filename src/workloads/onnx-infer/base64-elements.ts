import { JobFailureError } from '../../domain/failure-codes.ts'
import { ELEMENT_BYTES } from '../tensor-files/element-types.ts'
import type { ElementType } from '../tensor-files/element-types.ts'
import { elementsOver, notTruthAt } from './tensor-elements.ts'
import type { NumericElements } from './tensor-elements.ts'

/** So many elements from their bytes in padded base64. Throws `E_INVALID` when it is no base64 or not of that length. */
export function decodedElements(type: ElementType, count: number, base64: string, path: string): NumericElements {
  const byteCount = count * ELEMENT_BYTES[type]
  const wanted = `${count} elements of ${type} take ${byteCount} bytes`
  if (base64.length !== 4 * Math.ceil(byteCount / 3)) {
    throw new JobFailureError('E_INVALID', `${path}.base64: has ${base64.length} characters of base64, where ${wanted}`)
  }
  const bytes = Buffer.from(new ArrayBuffer(byteCount))
  const written = bytes.write(base64, 'base64')
  // Node reads over characters that are no base64; what it read then encodes to another text.
  if (written !== byteCount || bytes.toString('base64') !== base64) {
    throw new JobFailureError('E_INVALID', `${path}.base64: is not the padded base64 of ${byteCount} bytes, where ${wanted}`)
  }
  const at = type === 'bool' ? notTruthAt(bytes) : -1
  if (at >= 0) throw new JobFailureError('E_INVALID', `${path}.base64: byte ${at} is ${bytes[at]}, where a bool is 0 or 1`)
  return elementsOver(type, bytes.buffer)
}
