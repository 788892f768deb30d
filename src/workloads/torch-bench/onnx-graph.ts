/**
 * The ONNX model of one step of the recurrence, written out as protocol buffers by hand: five nodes are less to trust
 * and to ship than a converter or a binary file.
 *
 *     y = Gemm(x, b, c);  next = Floor(64 · (y − Floor(y)))
 */
export function stepModel(): Uint8Array {
  const graph = message(
    field(1, node('Gemm', ['x', 'b', 'c'], 'y')),
    field(1, node('Floor', ['y'], 'whole')),
    field(1, node('Sub', ['y', 'whole'], 'fraction')),
    field(1, node('Mul', ['fraction', 'sixty_four'], 'scaled')),
    field(1, node('Floor', ['scaled'], 'next')),
    field(2, text('step')),
    field(5, scalar('sixty_four', 64)),
    field(11, valueInfo('x', ['n', 'n'])),
    field(11, valueInfo('b', ['n', 'n'])),
    field(11, valueInfo('c', ['n'])),
    field(12, valueInfo('next', ['n', 'n'])),
  )
  const opset = message(field(1, text('')), integerField(2, 17))
  return message(integerField(1, 8), field(2, text('aitbc-miner')), field(7, graph), field(8, opset))
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

/** ValueInfoProto: a float tensor with named dimensions. */
function valueInfo(name: string, dimensions: readonly string[]): Uint8Array {
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
