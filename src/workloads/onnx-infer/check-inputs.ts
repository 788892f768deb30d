import { JobFailureError } from '../../domain/failure-codes.ts'
import { didYouMean, shapeText, shortName } from './ports.ts'
import type { Port } from './ports.ts'

/** Throws `E_INVALID` unless each of the model's inputs is given and nothing else. */
export function checkInputNames(ports: ReadonlyMap<string, Port>, given: readonly string[]): void {
  const names = [...ports.keys()]
  for (const name of given) {
    if (!ports.has(name)) throw new JobFailureError('E_INVALID', `the model has no input ${name}: ${didYouMean(name, names)}`)
  }
  const missing = [...ports.values()].find(({ name }) => !given.includes(name))
  if (missing === undefined) return
  throw new JobFailureError('E_INVALID', `input ${shortName(missing.name)} is missing: the model wants ${wanted(missing)}`)
}

/** Where a free size was met first, and what it was there. */
interface Meaning {
  readonly size: number
  readonly input: string
}

/** Holds the inputs of one run against the model. A size that bears the same name in several places must be the same in all. */
export class InputCheck {
  readonly #meanings = new Map<string, Meaning>()

  /** Throws `E_INVALID` naming the input, what the model wants and what came. */
  check(port: Port, type: string, shape: readonly number[]): void {
    const fail = (reason: string): JobFailureError =>
      new JobFailureError(
        'E_INVALID',
        `input ${port.name}: the model wants ${wanted(port)}, the job gives ${type} of shape ${shapeText(shape)}${reason}`,
      )
    if (type !== port.type) throw fail('')
    // The metadata tell a single value and a tensor of any rank alike: ONNX Runtime itself takes both.
    if (port.shape.length === 0) return
    if (shape.length !== port.shape.length) throw fail(`, of ${shape.length} dimensions instead of ${port.shape.length}`)
    for (const [dimension, size] of shape.entries()) {
      const expected = port.shape[dimension] ?? ''
      if (typeof expected === 'number' ? expected !== size : false) {
        throw fail(`, where dimension ${dimension} must be ${expected}`)
      }
      if (typeof expected === 'string' && expected !== '') this.#agree(expected, { size, input: port.name }, fail)
    }
  }

  #agree(name: string, meaning: Meaning, fail: (reason: string) => JobFailureError): void {
    const first = this.#meanings.get(name)
    if (first === undefined) this.#meanings.set(name, meaning)
    else if (first.size !== meaning.size)
      throw fail(`, where ${name} is ${meaning.size}, but it is ${first.size} in input ${first.input}`)
  }
}

function wanted({ type, shape }: Port): string {
  return shape.length === 0 ? `${type}, a single value or of any shape` : `${type} of shape ${shapeText(shape)}`
}
