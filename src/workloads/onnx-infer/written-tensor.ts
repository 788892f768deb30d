import { JobFailureError } from '../../domain/failure-codes.ts'
import { elementCount } from '../tensor-files/element-types.ts'
import type { ElementType } from '../tensor-files/element-types.ts'
import { ElementError, elementReader, textReader } from './element-reader.ts'
import type { ElementReader } from './element-reader.ts'
import { shapeText } from './ports.ts'
import { ELEMENT_BYTES } from '../tensor-files/element-types.ts'
import { elementsOver } from './tensor-elements.ts'
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
export function writtenElements(tensor: WrittenTensor): NumericElements | string[] {
  const { name, type, shape, data } = tensor
  const count = elementCount(shape)
  if (typeof data === 'object' && 'base64' in data) {
    if (type === 'string') throw new JobFailureError('E_INVALID', `inputs.${name}.data: texts have no base64 form, give an array`)
    return decodedElements(name, type, count, data.base64)
  }
  const values = Array.isArray(data) ? data : [data]
  if (!Array.isArray(data) && shape.length > 0) throw new JobFailureError('E_INVALID', `inputs.${name}.data: must be an array`)
  // No room is made for a shape that lies: elements that are not there are counted first.
  const layout = layoutOf(values, shape)
  if (layout === 'flat' && values.length !== count) {
    throw new JobFailureError(
      'E_INVALID',
      `inputs.${name}.data: has ${values.length} elements, where shape ${shapeText(shape)} takes ${count}`,
    )
  }
  if (layout === 'nested') checkNesting(values, shape, `inputs.${name}.data`)
  return type === 'string'
    ? filled(textReader(count), values, `inputs.${name}.data`)
    : filled(elementReader(type, count), values, `inputs.${name}.data`)
}

function layoutOf(values: readonly unknown[], shape: readonly number[]): 'flat' | 'nested' {
  return shape.length > 1 && Array.isArray(values[0]) ? 'nested' : 'flat'
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

/** Reads all elements, through all arrays, in order. */
function filled<T>(reader: ElementReader<T>, values: readonly unknown[], path: string): T {
  let next = 0
  const read = (values: readonly unknown[], path: string, isNested: boolean): void => {
    for (let at = 0; at < values.length; at++) {
      const value = values[at]
      if (isNested && Array.isArray(value)) read(value, `${path}[${at}]`, true)
      else putAt(value, path, at)
    }
  }
  const putAt = (value: unknown, path: string, at: number): void => {
    try {
      reader.put(next, value)
    } catch (error) {
      if (error instanceof ElementError) throw new JobFailureError('E_INVALID', `${path}[${at}]: ${error.message}`, { cause: error })
      throw error
    }
    next += 1
  }
  read(values, path, Array.isArray(values[0]))
  return reader.elements
}
