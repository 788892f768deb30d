import { z } from 'zod'
import type { ElementType } from './element-types.ts'
import { TensorFileError } from './tensor-file-error.ts'
import { parsePythonLiteral } from './python-literal.ts'

/** The longest that magic, version, length and header are read: NumPy itself writes some hundred bytes. */
export const MAX_NPY_HEADER_BYTES = 65_536

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)

/** How the elements of an npy file lie. */
export interface NpyHeader {
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly isBigEndian: boolean
  /** The first dimension runs fastest. */
  readonly isFortranOrder: boolean
  /** Where the data begins. */
  readonly dataStart: number
}

const dictionary = z.strictObject({
  descr: z.union([z.string(), z.array(z.unknown())]),
  fortran_order: z.boolean(),
  shape: z.array(z.int().min(0)).max(64),
})

/** NumPy's letter for a kind of element, with its bytes. */
const TYPES: ReadonlyMap<string, ElementType> = new Map([
  ['f8', 'float64'],
  ['f4', 'float32'],
  ['f2', 'float16'],
  ['i8', 'int64'],
  ['i4', 'int32'],
  ['i2', 'int16'],
  ['i1', 'int8'],
  ['u8', 'uint64'],
  ['u4', 'uint32'],
  ['u2', 'uint16'],
  ['u1', 'uint8'],
  ['b1', 'bool'],
])

/** Whether a file begins as an npy file does. */
export function isNpy(start: Uint8Array): boolean {
  return start.length >= MAGIC.length && MAGIC.every((byte, at) => start[at] === byte)
}

/** The header of an npy file of version 1.0 to 3.0, from the file's first `MAX_NPY_HEADER_BYTES` bytes. Throws `TensorFileError`. */
export function readNpyHeader(start: Uint8Array): NpyHeader {
  if (!isNpy(start)) throw new TensorFileError('is no npy file')
  const [headerStart, length] = headerPlace(start)
  const dataStart = headerStart + length
  if (dataStart > start.length) {
    throw new TensorFileError(`is not complete, or has an npy header longer than the ${MAX_NPY_HEADER_BYTES} bytes that are read`)
  }
  const parsed = dictionary.safeParse(parsePythonLiteral(decode(start, headerStart, dataStart)))
  if (!parsed.success) throw new TensorFileError('has an npy header without a descr, fortran_order and shape that make sense')
  const { descr, fortran_order: isFortranOrder, shape } = parsed.data
  return { ...elementsOf(descr), shape, isFortranOrder, dataStart }
}

function headerPlace(start: Uint8Array): readonly [headerStart: number, length: number] {
  const [major, minor] = [start[6], start[7]]
  const view = new DataView(start.buffer, start.byteOffset, start.length)
  if (minor === 0 && major === 1 && start.length >= 10) return [10, view.getUint16(8, true)]
  if (minor === 0 && (major === 2 || major === 3) && start.length >= 12) return [12, view.getUint32(8, true)]
  if (start.length < 12) throw new TensorFileError(`is not complete: an npy file of ${start.length} bytes has no header`)
  throw new TensorFileError(`is an npy file of version ${major}.${minor}: 1.0, 2.0 and 3.0 are read`)
}

function decode(start: Uint8Array, from: number, to: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(start.subarray(from, to))
  } catch (cause) {
    throw new TensorFileError('has an npy header that is no UTF-8', { cause })
  }
}

function elementsOf(descr: string | readonly unknown[]): Pick<NpyHeader, 'type' | 'isBigEndian'> {
  if (typeof descr !== 'string') throw new TensorFileError('is an npy file of records: give one array of numbers')
  const [, order, kind = ''] = /^([<>|])(\w+)$/.exec(descr) ?? []
  const type = TYPES.get(kind)
  if (type === undefined || (order === '|') !== kind.endsWith('1')) {
    throw new TensorFileError(
      `is an npy file of dtype ${descr}: numbers of ${[...TYPES.keys()].join(', ')} are read, texts go in as data`,
    )
  }
  return { type, isBigEndian: order === '>' }
}
