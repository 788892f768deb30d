import { field, integerField } from '../../src/engine/child/protobuf-fields.ts'

/**
 * ONNX models of a few nodes for tests, written as protocol buffers (onnx.proto): any element type, several outputs a node, other
 * opsets, data outside of the file, values that are no tensors.
 */

/** Data types of TensorProto. */
const TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e5m2: 19,
  uint4: 21,
  int4: 22,
} as const

export type OnnxType = keyof typeof TYPES

/** An input or output of the graph. */
export interface OnnxPort {
  readonly name: string
  readonly type: OnnxType
  /** Numbers are fixed sizes, names free ones, an empty name one that has none. Absent: of any rank. */
  readonly shape?: readonly (number | string)[]
  /** What holds the tensor; a plain tensor unless given. */
  readonly holder?: 'sequence' | 'optional'
}

export interface OnnxNode {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly domain?: string
  /** An integer, a list of them, or bytes for text. */
  readonly attributes?: Readonly<Record<string, number | readonly number[] | Uint8Array>>
}

export interface OnnxConstant {
  readonly name: string
  readonly type: OnnxType
  readonly shape: readonly number[]
  /** Little-endian, as it lies in memory; or texts; or the name of a file beside the model that holds it from its beginning. */
  readonly data: Uint8Array | { readonly texts: readonly string[] } | { readonly file: string; readonly bytes: number }
}

export interface OnnxModel {
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]
  readonly nodes: readonly OnnxNode[]
  readonly constants?: readonly OnnxConstant[]
  readonly opset?: number
  readonly irVersion?: number
}

/** The bytes of the model. */
export function onnxModel({ inputs, outputs, nodes, constants = [], opset = 21, irVersion = 10 }: OnnxModel): Uint8Array {
  const graph = Buffer.concat([
    ...nodes.map((node) => field(1, nodeProto(node))),
    field(2, 'graph'),
    ...constants.map((constant) => field(5, tensorProto(constant))),
    ...inputs.map((port) => field(11, valueInfo(port))),
    ...outputs.map((port) => field(12, valueInfo(port))),
  ])
  const domains = new Set(['', ...nodes.map(({ domain = '' }) => domain)])
  const imports = [...domains].map((domain) =>
    field(8, Buffer.concat([field(1, domain), integerField(2, domain === '' ? opset : 1)])),
  )
  return Buffer.concat([integerField(1, irVersion), field(7, graph), ...imports])
}

/** A model that gives its input `x` back as `y`. */
export function identityModel(type: OnnxType, shape: readonly (number | string)[] = ['n']): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', type, shape }],
    outputs: [{ name: 'y', type, shape }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  })
}

/** The number that stands for a type in a `Cast`. */
export function onnxTypeNumber(type: OnnxType): number {
  return TYPES[type]
}

function nodeProto({ op, inputs, outputs, domain = '', attributes = {} }: OnnxNode): Uint8Array {
  return Buffer.concat([
    ...inputs.map((name) => field(1, name)),
    ...outputs.map((name) => field(2, name)),
    field(4, op),
    ...Object.entries(attributes).map(([name, value]) => field(5, attribute(name, value))),
    field(7, domain),
  ])
}

function attribute(name: string, value: number | readonly number[] | Uint8Array): Uint8Array {
  if (typeof value === 'number') return Buffer.concat([field(1, name), integerField(3, value), integerField(20, 2)])
  if (value instanceof Uint8Array) return Buffer.concat([field(1, name), field(4, value), integerField(20, 3)])
  return Buffer.concat([field(1, name), ...value.map((item) => integerField(8, item)), integerField(20, 7)])
}

function tensorProto({ name, type, shape, data }: OnnxConstant): Uint8Array {
  const head = [...shape.map((size) => integerField(1, size)), integerField(2, TYPES[type]), field(8, name)]
  if (data instanceof Uint8Array) return Buffer.concat([...head, field(9, data)])
  if ('texts' in data) return Buffer.concat([...head, ...data.texts.map((value) => field(6, value))])
  const places = Object.entries({ location: data.file, offset: '0', length: String(data.bytes) })
  const external = places.map(([key, value]) => field(13, Buffer.concat([field(1, key), field(2, value)])))
  return Buffer.concat([...head, ...external, integerField(14, 1)])
}

function valueInfo({ name, type, shape, holder }: OnnxPort): Uint8Array {
  const tensor = field(
    1,
    Buffer.concat([integerField(1, TYPES[type]), shape === undefined ? new Uint8Array() : field(2, shapeProto(shape))]),
  )
  return Buffer.concat([field(1, name), field(2, held(tensor, holder))])
}

function held(tensor: Uint8Array, holder: OnnxPort['holder']): Uint8Array {
  if (holder === undefined) return tensor
  return field(holder === 'sequence' ? 4 : 9, field(1, tensor))
}

function shapeProto(shape: readonly (number | string)[]): Uint8Array {
  return Buffer.concat(
    shape.map((size) =>
      field(1, typeof size === 'number' ? integerField(1, size) : size === '' ? new Uint8Array() : field(2, size)),
    ),
  )
}
