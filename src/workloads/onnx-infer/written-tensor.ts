import { JobFailureError } from '../../domain/failure-codes.ts'
import { elementCount } from '../tensor-files/element-types.ts'
import type { ElementType } from '../tensor-files/element-types.ts'
import { decodedElements } from './base64-elements.ts'
import { ElementError, elementReader, textReader } from './element-reader.ts'
import type { ElementReader } from './element-reader.ts'
import { shapeText } from './ports.ts'
import type { NumericElements } from './tensor-elements.ts'
import type { InputParams } from './schema.ts'

type Data = Exclude<InputParams['data'], undefined>

/** A tensor as the params write it out: where it stands, and what it is to be. */
export interface WrittenTensor {
  /** The input's name. */
  readonly name: string
  readonly type: ElementType | 'string'
  readonly shape: readonly number[]
  readonly data: Data
}

/** The elements of a tensor that the params write out. Throws `E_INVALID` naming the place of what does not fit. */
export function writtenElements({ name, type, shape, data }: WrittenTensor): NumericElements | string[] {
  const path = `inputs.${name}.data`
  const count = elementCount(shape)
  if (typeof data === 'object' && 'base64' in data) {
    if (type === 'string') throw new JobFailureError('E_INVALID', `${path}: texts have no base64 form, give an array`)
    return decodedElements(type, count, data.base64, path)
  }
  if (typeof data !== 'object' && shape.length > 0) throw new JobFailureError('E_INVALID', `${path}: must be an array`)
  const values: readonly unknown[] = typeof data === 'object' ? data : [data]
  const isNested = shape.length > 1 && Array.isArray(values[0])
  // Before room is made: a shape may lie.
  if (isNested) checkNesting(values, shape, path)
  else if (values.length !== count) {
    const found = `has ${values.length} elements, where shape ${shapeText(shape)} takes ${count}`
    throw new JobFailureError('E_INVALID', `${path}: ${found}`)
  }
  const depth = isNested ? shape.length : 1
  return type === 'string'
    ? filled(textReader(count), values, depth, path)
    : filled(elementReader(type, count), values, depth, path)
}

/** Throws `E_INVALID` unless the arrays are nested and as long as the shape says. */
function checkNesting(values: readonly unknown[], shape: readonly number[], path: string): void {
  const [size, ...inner] = shape
  if (values.length !== size) {
    throw new JobFailureError('E_INVALID', `${path}: has ${values.length} elements, where the shape says ${size}`)
  }
  if (inner.length === 0) return
  for (const [at, value] of values.entries()) {
    if (!Array.isArray(value)) throw new JobFailureError('E_INVALID', `${path}[${at}]: must be an array, as the shape says`)
    checkNesting(value, inner, `${path}[${at}]`)
  }
}

/** Reads all elements in order, through arrays nested this deep. */
function filled<T>(reader: ElementReader<T>, values: readonly unknown[], depth: number, path: string): T {
  let next = 0
  const read = (values: readonly unknown[], depth: number, path: string): void => {
    for (const [at, value] of values.entries()) {
      if (depth > 1 && Array.isArray(value)) {
        read(value, depth - 1, `${path}[${at}]`)
        continue
      }
      try {
        reader.put(next, value)
      } catch (error) {
        if (!(error instanceof ElementError)) throw error
        throw new JobFailureError('E_INVALID', `${path}[${at}]: ${error.message}`, { cause: error })
      }
      next += 1
    }
  }
  read(values, depth, path)
  return reader.elements
}
