import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { OnnxEngine } from '../../engine/child/onnx-engine.ts'

/** An input or output of a network, as the network describes it. */
export interface TensorPort {
  readonly part: string
  readonly name: string
  readonly type: Tensor.Type
  /** A text stands for a size that is free. Empty for a single value. */
  readonly shape: readonly (number | string)[]
}

/** The ports of a network by name, in its order. */
export function inputPorts(part: string, session: InferenceSession): ReadonlyMap<string, TensorPort> {
  return ports(part, session.inputMetadata)
}

/** The same of what it gives. */
export function outputPorts(part: string, session: InferenceSession): ReadonlyMap<string, TensorPort> {
  return ports(part, session.outputMetadata)
}

function ports(part: string, metadata: readonly InferenceSession.ValueMetadata[]): ReadonlyMap<string, TensorPort> {
  return new Map(
    metadata.flatMap((value) =>
      value.isTensor ? [[value.name, { part, name: value.name, type: value.type, shape: value.shape }]] : [],
    ),
  )
}

/** The port of that name, or the only one there is. Throws `E_UNSUPPORTED` naming what there is. */
export function portNamed(part: string, ports: ReadonlyMap<string, TensorPort>, name: string): TensorPort {
  const [only, ...others] = ports.values()
  const port = ports.get(name) ?? (others.length === 0 ? only : undefined)
  if (port !== undefined) return port
  throw new JobFailureError(
    'E_UNSUPPORTED',
    `${part} of the model has no ${name}, but ${[...ports.keys()].join(', ')}: give a Stable Diffusion export`,
  )
}

export type FloatData = Float32Array<ArrayBuffer> | Float16Array<ArrayBuffer>

/** Room for floats in the port's own precision. Throws `E_UNSUPPORTED` for another type than float32 and float16. */
export function floatData(port: TensorPort, length: number): FloatData {
  if (port.type === 'float32') return new Float32Array(length)
  if (port.type === 'float16') return new Float16Array(length)
  throw unsupportedType(port, 'float32 or float16')
}

/** A tensor over floats, which may be filled again and again. */
export function floatTensor(engine: OnnxEngine, data: FloatData, dimensions: readonly number[]): Tensor {
  if (data instanceof Float32Array) return engine.tensor('float32', data, dimensions)
  return engine.tensor('float16', bitsOf(data), dimensions)
}

/** A tensor of one number, or the same number for each place of a port that is a list. */
export function numberTensor(engine: OnnxEngine, port: TensorPort, value: number): Tensor {
  const dimensions = port.shape.map((size) => (typeof size === 'number' && size > 0 ? size : 1))
  const length = dimensions.reduce((product, size) => product * size, 1)
  const make = NUMBERS.get(port.type)
  if (make === undefined) throw unsupportedType(port, [...NUMBERS.keys()].join(', '))
  return engine.tensor(port.type, make(length, value), dimensions)
}

const NUMBERS: ReadonlyMap<Tensor.Type, (length: number, value: number) => Tensor.DataType> = new Map<
  Tensor.Type,
  (length: number, value: number) => Tensor.DataType
>([
  ['int64', (length, value) => new BigInt64Array(length).fill(BigInt(Math.round(value)))],
  ['int32', (length, value) => new Int32Array(length).fill(Math.round(value))],
  ['float32', (length, value) => new Float32Array(length).fill(value)],
  ['float16', (length, value) => bitsOf(new Float16Array(length).fill(value))],
  ['float64', (length, value) => new Float64Array(length).fill(value)],
])

/** The bits of half-precision numbers, as tensors are made of them. */
function bitsOf({ buffer, byteOffset, length }: Float16Array<ArrayBuffer>): Uint16Array {
  return new Uint16Array(buffer, byteOffset, length)
}

/** A tensor of token ids. */
export function idTensor(engine: OnnxEngine, port: TensorPort, ids: readonly number[], dimensions: readonly number[]): Tensor {
  if (port.type === 'int32') return engine.tensor('int32', Int32Array.from(ids), dimensions)
  if (port.type === 'int64') return engine.tensor('int64', BigInt64Array.from(ids, BigInt), dimensions)
  throw unsupportedType(port, 'int32 or int64')
}

/** The numbers of an output. */
export function floatsOf(port: TensorPort, tensor: Tensor | undefined): ArrayLike<number> {
  if (tensor?.data instanceof Float32Array || tensor?.data instanceof Float16Array) return tensor.data
  throw unsupportedType(port, 'float32 or float16')
}

function unsupportedType({ part, name, type }: TensorPort, wanted: string): JobFailureError {
  return new JobFailureError(
    'E_UNSUPPORTED',
    `${name} of ${part} of the model is ${type}: ${wanted} is what this version can use`,
  )
}
