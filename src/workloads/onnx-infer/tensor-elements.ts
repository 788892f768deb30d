import { ELEMENT_BYTES } from '../tensor-files/element-types.ts'
import type { ElementType } from '../tensor-files/element-types.ts'

/** The elements of a tensor in memory, as ONNX Runtime takes and gives them. */
export type NumericElements =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float16Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>

/** The elements that lie in a buffer of their own, little-endian as is every machine that this program runs on. */
export function elementsOver(type: ElementType, buffer: ArrayBuffer): NumericElements {
  switch (type) {
    case 'float64':
      return new Float64Array(buffer)
    case 'float32':
      return new Float32Array(buffer)
    case 'float16':
      return new Float16Array(buffer)
    case 'int64':
      return new BigInt64Array(buffer)
    case 'int32':
      return new Int32Array(buffer)
    case 'int16':
      return new Int16Array(buffer)
    case 'int8':
      return new Int8Array(buffer)
    case 'uint64':
      return new BigUint64Array(buffer)
    case 'uint32':
      return new Uint32Array(buffer)
    case 'uint16':
      return new Uint16Array(buffer)
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer)
    default:
      return type satisfies never
  }
}

/** Room for so many elements, all zero. */
export function emptyElements(type: ElementType, count: number): NumericElements {
  return elementsOver(type, new ArrayBuffer(count * ELEMENT_BYTES[type]))
}

/** Whether a type of ONNX Runtime is one that tensor files have. */
export function isElementType(type: string): type is ElementType {
  return Object.hasOwn(ELEMENT_BYTES, type)
}

/** Where the first byte stands that is no bool; -1 when all are. */
export function notTruthAt(bytes: Uint8Array): number {
  return bytes.findIndex((byte) => byte > 1)
}
