import { field, integerField, message } from './protobuf-fields.ts'

/**
 * ONNX models of a few nodes, written out as protocol buffers (onnx.proto of ONNX 1.12: IR version 8, opset 17): less to trust
 * and to ship than a converter or a binary file.
 */

/** A float tensor of a graph's edge; dimensions are names, each standing for some size. */
export interface Edge {
  readonly name: string
  readonly dimensions: readonly string[]
}

export interface Graph {
  readonly name: string
  /** In the order of computation: operator, the names it reads, the name it writes. */
  readonly nodes: readonly (readonly [opType: string, inputs: readonly string[], output: string])[]
  readonly constants: Readonly<Record<string, number>>
  readonly inputs: readonly Edge[]
  readonly outputs: readonly Edge[]
}

/** The bytes of a model over float32. */
export function onnxModel({ name, nodes, constants, inputs, outputs }: Graph): Uint8Array {
  const graph = message(
    ...nodes.map((parts) => field(1, node(...parts))),
    field(2, name),
    ...Object.entries(constants).map(([constant, value]) => field(5, scalar(constant, value))),
    ...inputs.map((edge) => field(11, valueInfo(edge))),
    ...outputs.map((edge) => field(12, valueInfo(edge))),
  )
  const opset = message(field(1, ''), integerField(2, 17))
  return message(integerField(1, 8), field(2, 'aitbc-miner'), field(7, graph), field(8, opset))
}

/** y = x · x, to find out whether a device computes. */
export function squareModel(): Uint8Array {
  return onnxModel({
    name: 'square',
    nodes: [['Mul', ['x', 'x'], 'y']],
    constants: {},
    inputs: [{ name: 'x', dimensions: ['n'] }],
    outputs: [{ name: 'y', dimensions: ['n'] }],
  })
}

const FLOAT = 1

/** NodeProto. */
function node(opType: string, inputs: readonly string[], output: string): Uint8Array {
  return message(...inputs.map((name) => field(1, name)), field(2, output), field(4, opType))
}

/** TensorProto with one float and no dimensions. */
function scalar(name: string, value: number): Uint8Array {
  const raw = new Uint8Array(4)
  new DataView(raw.buffer).setFloat32(0, value, true)
  return message(integerField(2, FLOAT), field(8, name), field(9, raw))
}

/** ValueInfoProto. */
function valueInfo({ name, dimensions }: Edge): Uint8Array {
  const shape = message(...dimensions.map((dimension) => field(1, message(field(2, dimension)))))
  const tensorType = message(integerField(1, FLOAT), field(2, shape))
  return message(field(1, name), field(2, message(field(1, tensorType))))
}
