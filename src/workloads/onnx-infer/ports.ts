import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { JobFailureError } from '../../domain/failure-codes.ts'
import { nearestName } from '../../domain/nearest-name.ts'

/** An input or output of a model, as the model describes it. */
export interface Port {
  readonly name: string
  readonly type: Tensor.Type
  /** A text stands for a size that is free, an empty one for one without a name. Empty for a single value and for any rank. */
  readonly shape: readonly (number | string)[]
}

/** Names of a model's ports that a message lists, at most. */
const MAX_LISTED = 20
/** A longer name is cut in messages and likened to no other: a model may have names of megabytes. */
const MAX_NAME = 200

/** The model's inputs by name. Throws `E_UNSUPPORTED` for one that is a sequence, a map or an optional value. */
export function inputPorts({ inputMetadata }: InferenceSession): ReadonlyMap<string, Port> {
  return new Map(inputMetadata.map((value) => [value.name, tensorPort('input', value)]))
}

/**
 * The outputs to compute: those asked for, or all. Throws `E_INPUT` for a model that names two of them alike, `E_INVALID` for one that the model does not have, `E_UNSUPPORTED` for one
 * that cannot be handed over.
 */
export function outputPorts({ outputMetadata }: InferenceSession, wanted: readonly string[] | undefined): readonly Port[] {
  const names = outputMetadata.map(({ name }) => name)
  const twice = repeatedName(names)
  if (twice !== null) {
    throw new JobFailureError('E_INPUT', `the model has two outputs called ${shortName(twice)}: give each a name of its own`)
  }
  const known = new Map(outputMetadata.map((value) => [value.name, value]))
  return (wanted ?? names).map((name) => {
    const value = known.get(name)
    if (value === undefined) throw new JobFailureError('E_INVALID', `the model has no output ${name}: ${didYouMean(name, names)}`)
    return tensorPort('output', value)
  })
}

/** A hint for a name that is not there: the nearest, and all that there are. */
export function didYouMean(name: string, names: readonly string[]): string {
  const nearest = nearestName(
    name,
    names.filter(({ length }) => length <= MAX_NAME),
  )
  const listed = [...names.slice(0, MAX_LISTED).map(shortName), ...(names.length > MAX_LISTED ? ['…'] : [])]
  return `${nearest === null ? '' : `did you mean ${nearest}? `}it has ${names.length === 0 ? 'none' : listed.join(', ')}`
}

/** A name as a message shows it. */
export function shortName(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name
}

/** A port's shape as a reader knows it: `[batch, 3, ?]`. */
export function shapeText(shape: readonly (number | string)[]): string {
  return `[${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`
}

/** The first name that stands there a second time. */
function repeatedName(names: readonly string[]): string | null {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) return name
    seen.add(name)
  }
  return null
}

function tensorPort(side: 'input' | 'output', value: InferenceSession.ValueMetadata): Port {
  const { name } = value
  if (!value.isTensor) {
    const way = side === 'input' ? 'give a model whose inputs are tensors' : 'ask for other outputs'
    throw new JobFailureError(
      'E_UNSUPPORTED',
      `${side} ${shortName(name)} of the model is a sequence, a map or an optional value: ${way}`,
    )
  }
  if (name === '__proto__' || (side === 'output' && name === '__metadata__')) {
    throw new JobFailureError('E_UNSUPPORTED', `a model with an ${side} called ${name} cannot be run: give it another name`)
  }
  return { name, type: value.type, shape: value.shape }
}
