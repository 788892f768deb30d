import type { ElementType } from '../tensor-files/element-types.ts'
import { emptyElements } from './tensor-elements.ts'
import type { NumericElements } from './tensor-elements.ts'

/** An element that does not fit its type; the message says why, and the caller knows where it stands. */
export class ElementError extends Error {
  override readonly name = 'ElementError'
}

/** Takes the elements of a tensor out of JSON values, one by one. */
export interface ElementReader<T> {
  readonly elements: T
  /** Puts one element at a place. Throws `ElementError`. */
  put(at: number, value: unknown): void
}

const NOT_FINITE: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

const DECIMAL = /^-?\d{1,20}$/

/** A reader of so many elements of a type. */
export function elementReader(type: ElementType, count: number): ElementReader<NumericElements> {
  const elements = emptyElements(type, count)
  if (type === 'bool') return { elements, put: (at, value) => void (elements[at] = truth(value)) }
  if (elements instanceof BigInt64Array || elements instanceof BigUint64Array) {
    return { elements, put: (at, value) => putBigInteger(elements, at, value, type) }
  }
  const put = type.startsWith('float') ? putFloat : putInteger
  return { elements, put: (at, value) => put(elements, at, value, type) }
}

/** A reader of so many texts. */
export function textReader(count: number): ElementReader<string[]> {
  const elements = Array.from<string>({ length: count })
  return { elements, put: (at, value) => void (elements[at] = text(value)) }
}

type Numbers = Exclude<NumericElements, BigInt64Array | BigUint64Array>

function putFloat(elements: Numbers, at: number, value: unknown, type: ElementType): void {
  const number = NOT_FINITE.get(value)
  if (number !== undefined) {
    elements[at] = number
    return
  }
  if (typeof value !== 'number') {
    throw new ElementError(
      `${quoted(value)} is no number${value === null ? ', and what is written for a NaN that JSON does not have: write "NaN"' : ''}`,
    )
  }
  elements[at] = value
  if (!Number.isFinite(elements[at])) throw new ElementError(`${value} is beyond ${type}: write "Infinity" where that is meant`)
}

function putInteger(elements: Numbers, at: number, value: unknown, type: ElementType): void {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new ElementError(`${quoted(value)} is no whole number`)
  elements[at] = value
  if (elements[at] !== value) throw new ElementError(`${value} does not fit ${type}, ${rangeText(type)}`)
}

function putBigInteger(elements: BigInt64Array | BigUint64Array, at: number, value: unknown, type: ElementType): void {
  const integer = bigInteger(value)
  elements[at] = integer
  if (elements[at] !== integer) throw new ElementError(`${integer} does not fit ${type}, ${rangeText(type)}`)
}

function bigInteger(value: unknown): bigint {
  if (typeof value === 'string' && DECIMAL.test(value)) return BigInt(value)
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new ElementError(`${quoted(value)} is no whole number`)
  if (!Number.isSafeInteger(value))
    throw new ElementError(`${value} is not exact as a JSON number: write it as a text of decimal digits`)
  return BigInt(value)
}

function truth(value: unknown): 0 | 1 {
  if (value === true || value === 1) return 1
  if (value === false || value === 0) return 0
  throw new ElementError(`${quoted(value)} is neither true nor false`)
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new ElementError(`${quoted(value)} is no text`)
  // ONNX Runtime's binding for Node.js cuts texts there.
  if (value.includes('\0')) throw new ElementError('a text with a NUL character cannot be passed on')
  if (!value.isWellFormed()) throw new ElementError('a text with half of a surrogate pair has no UTF-8')
  return value
}

function rangeText(type: ElementType): string {
  const bits = BigInt(/\d+$/.exec(type)?.[0] ?? 0)
  return type.startsWith('u') ? `0 to ${2n ** bits - 1n}` : `${-(2n ** (bits - 1n))} to ${2n ** (bits - 1n) - 1n}`
}

const MAX_QUOTED = 40

function quoted(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  const json = JSON.stringify(value) ?? 'nothing'
  return json.length > MAX_QUOTED ? `${json.slice(0, MAX_QUOTED)}…` : json
}
