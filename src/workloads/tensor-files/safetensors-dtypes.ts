import type { ElementType } from './element-types.ts'

/** What safetensors calls the element types. */
export const SAFETENSORS_DTYPES: Readonly<Record<ElementType, string>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
}

/** Bits of an element of every dtype of the format, with those that this program does not compute with. */
export const SAFETENSORS_BITS: ReadonlyMap<string, number> = new Map([
  ['F64', 64],
  ['F32', 32],
  ['F16', 16],
  ['BF16', 16],
  ['F8_E4M3', 8],
  ['F8_E5M2', 8],
  ['F8_E8M0', 8],
  ['F6_E2M3', 6],
  ['F6_E3M2', 6],
  ['F4', 4],
  ['C64', 64],
  ['I64', 64],
  ['I32', 32],
  ['I16', 16],
  ['I8', 8],
  ['U64', 64],
  ['U32', 32],
  ['U16', 16],
  ['U8', 8],
  ['BOOL', 8],
])

const ELEMENT_TYPES = new Map(Object.entries(SAFETENSORS_DTYPES).map(([type, dtype]) => [dtype, type]))

/** The element type of a dtype; null for one that this program does not compute with. */
export function elementTypeOf(dtype: string): ElementType | null {
  const type = ELEMENT_TYPES.get(dtype)
  return type !== undefined && isElementType(type) ? type : null
}

function isElementType(type: string): type is ElementType {
  return Object.hasOwn(SAFETENSORS_DTYPES, type)
}
