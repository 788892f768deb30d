/** The element types that tensor files and ONNX Runtime have in common. */
export type ElementType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool'

/** Bytes of an element. A bool is one byte, 0 or 1. */
export const ELEMENT_BYTES: Readonly<Record<ElementType, 1 | 2 | 4 | 8>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
}

/** A tensor as bytes: little-endian, the last dimension running fastest. */
export interface TensorBytes<B extends ArrayBufferLike = ArrayBuffer> {
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly bytes: Uint8Array<B>
}

/** How many elements a tensor of this shape has: 1 for a single value, which has no dimensions. */
export function elementCount(shape: readonly number[]): number {
  // A zero makes an empty tensor, however large the sizes before it multiply to.
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1)
}
