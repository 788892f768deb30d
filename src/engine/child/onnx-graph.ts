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
    field(2, text(name)),
    ...Object.entries(constants).map(([constant, value]) => field(5, scalar(constant, value))),
    ...inputs.map((edge) => field(11, valueInfo(edge))),
    ...outputs.map((edge) => field(12, valueInfo(edge))),
  )
  const opset = message(field(1, text('')), integerField(2, 17))
  return message(integerField(1, 8), field(2, text('aitbc-miner')), field(7, graph), field(8, opset))
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
  return message(...inputs.map((name) => field(1, text(name))), field(2, text(output)), field(4, text(opType)))
}

/** TensorProto with one float and no dimensions. */
function scalar(name: string, value: number): Uint8Array {
  const raw = new Uint8Array(4)
  new DataView(raw.buffer).setFloat32(0, value, true)
  return message(integerField(2, FLOAT), field(8, text(name)), field(9, raw))
}

/** ValueInfoProto. */
function valueInfo({ name, dimensions }: Edge): Uint8Array {
  const shape = message(...dimensions.map((dimension) => field(1, message(field(2, text(dimension))))))
  const tensorType = message(integerField(1, FLOAT), field(2, shape))
  return message(field(1, text(name)), field(2, message(field(1, tensorType))))
}

function message(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}

/** A length-delimited field. */
function field(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content])
}

function integerField(number: number, value: number): Uint8Array {
  return Buffer.concat([varint(number * 8), varint(value)])
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

function text(value: string): Uint8Array {
  return Buffer.from(value, 'utf8')
}
