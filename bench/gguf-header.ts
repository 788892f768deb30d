/** Where data of a tensor may begin. */
const ALIGNMENT = 32
const VALUE_TYPES = { uint32: 4, int32: 5, float32: 6, string: 8, array: 9 } as const
const TENSOR_TYPES = { F32: 0, Q8_0: 8 } as const

export interface GgufTensor {
  readonly name: string
  readonly type: keyof typeof TENSOR_TYPES
  /** Fastest first. */
  readonly dimensions: readonly number[]
  /** A multiple of 32, so that the next one is aligned. */
  readonly bytes: number
}

export type GgufEntry =
  | readonly [key: string, type: 'uint32' | 'float32', value: number]
  | readonly [key: string, type: 'string', value: string]
  | readonly [key: string, type: 'strings', value: readonly string[]]
  | readonly [key: string, type: 'float32s' | 'int32s', value: readonly number[]]

/** What stands before the tensors' data in a GGUF 3 file. */
export class GgufHeader {
  readonly #entries: readonly GgufEntry[]
  readonly #tensors: readonly GgufTensor[]

  constructor(entries: readonly GgufEntry[], tensors: readonly GgufTensor[]) {
    this.#entries = entries
    this.#tensors = tensors
  }

  /** The bytes, padded to where the data begins. */
  bytes(): Uint8Array {
    const parts: Buffer[] = [Buffer.from('GGUF'), uint32(3), uint64(this.#tensors.length), uint64(this.#entries.length)]
    for (const entry of this.#entries) parts.push(text(entry[0]), ...value(entry))
    let offset = 0
    for (const { name, type, dimensions, bytes } of this.#tensors) {
      if (bytes % ALIGNMENT !== 0) throw new RangeError(`tensor ${name} has ${bytes} bytes, no multiple of ${ALIGNMENT}`)
      parts.push(text(name), uint32(dimensions.length), ...dimensions.map(uint64), uint32(TENSOR_TYPES[type]), uint64(offset))
      offset += bytes
    }
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    parts.push(Buffer.alloc((ALIGNMENT - (size % ALIGNMENT)) % ALIGNMENT))
    return Buffer.concat(parts)
  }
}

function value(entry: GgufEntry): Buffer[] {
  switch (entry[1]) {
    case 'uint32':
      return [uint32(VALUE_TYPES.uint32), uint32(entry[2])]
    case 'float32':
      return [uint32(VALUE_TYPES.float32), float32(entry[2])]
    case 'string':
      return [uint32(VALUE_TYPES.string), text(entry[2])]
    case 'strings':
      return [...arrayOf(VALUE_TYPES.string, entry[2].length), ...entry[2].map(text)]
    case 'float32s':
      return [...arrayOf(VALUE_TYPES.float32, entry[2].length), ...entry[2].map(float32)]
    case 'int32s':
      return [...arrayOf(VALUE_TYPES.int32, entry[2].length), ...entry[2].map(uint32)]
    default:
      return entry satisfies never
  }
}

function arrayOf(type: number, length: number): Buffer[] {
  return [uint32(VALUE_TYPES.array), uint32(type), uint64(length)]
}

function text(string: string): Buffer {
  const bytes = Buffer.from(string)
  return Buffer.concat([uint64(bytes.length), bytes])
}

function uint32(number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(number)
  return bytes
}

function uint64(number: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(number))
  return bytes
}

function float32(number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(number)
  return bytes
}
