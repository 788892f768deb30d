import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { JobFailureError } from '../domain/failure-codes.ts'

/** Fields of onnx.proto that lead to the places of a model's external data. */
const PATHS: Readonly<Record<string, readonly number[]>> = {
  // ModelProto: graph = 7, training_info = 20, functions = 25
  model: [7, 20, 25],
  // TrainingInfoProto: initialization = 1, algorithm = 2
  training: [1, 2],
  // FunctionProto: node = 7, attribute_proto = 11
  function: [7, 11],
  // GraphProto: node = 1, initializer = 5, sparse_initializer = 15
  graph: [1, 5, 15],
  // NodeProto: attribute = 5
  node: [5],
  // AttributeProto: t = 5, g = 6, tensors = 10, graphs = 11, sparse_tensor = 22, sparse_tensors = 23
  attribute: [5, 6, 10, 11, 22, 23],
  // SparseTensorProto: values = 1, indices = 2
  sparse: [1, 2],
  // TensorProto: external_data = 13
  tensor: [13],
}
const CHILD: Readonly<Record<string, string>> = {
  'model 7': 'graph',
  'model 20': 'training',
  'model 25': 'function',
  'training 1': 'graph',
  'training 2': 'graph',
  'function 7': 'node',
  'function 11': 'attribute',
  'graph 1': 'node',
  'graph 5': 'tensor',
  'graph 15': 'sparse',
  'node 5': 'attribute',
  'attribute 5': 'tensor',
  'attribute 6': 'graph',
  'attribute 10': 'tensor',
  'attribute 11': 'graph',
  'attribute 22': 'sparse',
  'attribute 23': 'sparse',
  'sparse 1': 'tensor',
  'sparse 2': 'tensor',
  'tensor 13': 'entry',
}
const MAX_DEPTH = 64
const MAX_TAG_BYTES = 5
const MAX_VARINT_BYTES = 10
/** Fields that are looked at: several times those of the largest graphs, and some seconds' work. */
const MAX_FIELDS = 8_000_000
const WINDOW_BYTES = 64 * 1024
/** A key or a path of external data; anything longer is none. */
const MAX_TEXT = 4096
/** Exporters that write a file for each tensor make some hundreds of them. */
const MAX_FILES = 4096
const INNER_PATH = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9_.@+= -]+(?:\/[A-Za-z0-9_.@+= -]+)*$/

/**
 * The files in which an ONNX model keeps tensors outside of itself, as paths relative to it. Weights are skipped, not read. Rejects
 * with `E_INPUT` when the file is no protocol buffer, or names a file outside its folder.
 */
export async function externalDataFiles(path: string): Promise<readonly string[]> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const found = new Set<string>()
    await walk(new Reader(file), 'model', 0, size, 0, found)
    for (const location of found) {
      if (!INNER_PATH.test(location)) {
        throw new JobFailureError(
          'E_INPUT',
          `the ONNX model keeps data in ${JSON.stringify(location.slice(0, 200))}, which is not a file beside it`,
        )
      }
    }
    return [...found].toSorted()
  } finally {
    await file.close()
  }
}

async function walk(reader: Reader, kind: string, from: number, to: number, depth: number, found: Set<string>): Promise<void> {
  if (depth > MAX_DEPTH) throw notOnnx()
  const wanted = PATHS[kind] ?? []
  let at = from
  while (at < to) {
    await reader.load(at)
    const { field, wire, next } = reader.tag(at, to)
    at = next
    if (wire === 0) at = reader.varint(at, to).next
    else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else if (wire === 2) {
      const length = reader.varint(at, to)
      const end = length.next + length.value
      if (end > to) throw notOnnx()
      const child = wanted.includes(field) ? CHILD[`${kind} ${field}`] : undefined
      if (child === 'entry') await readEntry(reader, length.next, end, found)
      else if (child !== undefined) await walk(reader, child, length.next, end, depth + 1, found)
      at = end
    } else throw notOnnx()
    if (at > to) throw notOnnx()
  }
}

/** StringStringEntryProto: key = 1, value = 2. */
async function readEntry(reader: Reader, from: number, to: number, found: Set<string>): Promise<void> {
  const texts = new Map<number, string>()
  let at = from
  while (at < to) {
    await reader.load(at)
    const { field, wire, next } = reader.tag(at, to)
    const length = reader.varint(next, to)
    const end = length.next + length.value
    if (wire !== 2 || end > to || length.value > MAX_TEXT) throw notOnnx()
    texts.set(field, (await reader.bytes(length.next, length.value)).toString('utf8'))
    at = end
  }
  const value = texts.get(2)
  if (texts.get(1) === 'location' && value !== undefined) found.add(value)
  if (found.size > MAX_FILES) {
    throw new JobFailureError(
      'E_INPUT',
      `the ONNX model keeps data in more than ${MAX_FILES} files, which is the most that is taken`,
    )
  }
}

function notOnnx(): JobFailureError {
  return new JobFailureError('E_INPUT', 'the file is no ONNX model: it does not read as one')
}

/** Reads small pieces of a large file through one window. */
class Reader {
  readonly #file: FileHandle
  #window: Buffer = Buffer.alloc(0)
  #start = 0
  #fields = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  /** Has a tag and the number behind it at hand; to be called before they are read. */
  async load(at: number): Promise<void> {
    this.#fields += 1
    if (this.#fields > MAX_FIELDS)
      throw new JobFailureError('E_INPUT', `the ONNX model has more than ${MAX_FIELDS} fields, which is the most that is taken`)
    if (!this.#holds(at, MAX_TAG_BYTES + MAX_VARINT_BYTES)) await this.#read(at, WINDOW_BYTES)
  }

  varint(at: number, end: number): { readonly value: number; readonly next: number } {
    let value = 0
    for (let index = 0; index < MAX_VARINT_BYTES && at + index < end; index += 1) {
      const byte = this.#window[at + index - this.#start]
      if (byte === undefined) break
      // Beyond 2^53 nothing is told apart any more, and no length is that large; negative enumerations are, and are skipped.
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) return { value, next: at + index + 1 }
    }
    throw notOnnx()
  }

  /** As every reader of protocol buffers takes it: of what goes beyond 32 bits nothing is left, so that none sees another field. */
  tag(at: number, end: number): { readonly field: number; readonly wire: number; readonly next: number } {
    const { value, next } = this.varint(at, Math.min(end, at + MAX_TAG_BYTES))
    const tag = value % 2 ** 32
    const field = Math.floor(tag / 8)
    if (field === 0) throw notOnnx()
    return { field, wire: tag % 8, next }
  }

  async bytes(at: number, length: number): Promise<Buffer> {
    if (length <= 0) throw notOnnx()
    if (!this.#holds(at, length)) await this.#read(at, Math.max(length, WINDOW_BYTES))
    if (!this.#holds(at, length)) throw notOnnx()
    return this.#window.subarray(at - this.#start, at - this.#start + length)
  }

  #holds(at: number, length: number): boolean {
    return at >= this.#start && at + length <= this.#start + this.#window.length
  }

  async #read(at: number, length: number): Promise<void> {
    const window = Buffer.allocUnsafe(length)
    const { bytesRead } = await this.#file.read(window, 0, length, at)
    this.#window = window.subarray(0, bytesRead)
    this.#start = at
  }
}
