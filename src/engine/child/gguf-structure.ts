import type { FileHandle } from 'node:fs/promises'

/** Bytes of a value of each type that has a size of its own (gguf.h, `enum gguf_type`). */
const VALUE_BYTES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 4],
  [5, 4],
  [6, 4],
  [7, 1],
  [10, 8],
  [11, 8],
  [12, 8],
])
const STRING = 8
const ARRAY = 9

const COUNTS_AT = 8
const WINDOW_BYTES = 1024 * 1024
/** The format's own bound for keys; names of tensors are far shorter. */
const MAX_NAME_BYTES = 65_535
/** Twice the dimensions that ggml has. */
const MAX_DIMENSIONS = 8
/** Several times those of the largest models. llama.cpp compares each with all others. */
const MAX_TENSORS = 16_384
const MAX_ENTRIES = 4096
/** Elements in all lists together: four times the largest vocabulary with its merges, scores and types. */
const MAX_ELEMENTS = 8_388_608
const MAX_BYTES = 256 * 1024 * 1024

/**
 * What is wrong with the description in front of a GGUF file's weights; null for nothing. Every count and length in it is held against
 * what the file can hold, since readers of the format allocate by them and read zeros where the file has ended.
 */
export async function ggufProblem(file: FileHandle, fileBytes: number): Promise<string | null> {
  const cursor = new Cursor(file, Math.min(fileBytes, MAX_BYTES), COUNTS_AT)
  try {
    await cursor.load(16)
    const tensors = described(cursor.uint64(), MAX_TENSORS, 'tensors')
    const entries = described(cursor.uint64(), MAX_ENTRIES, 'entries')
    const budget = { elements: MAX_ELEMENTS }
    for (let entry = 0; entry < entries; entry += 1) {
      await skipText(cursor, MAX_NAME_BYTES)
      await cursor.load(4)
      await skipValue(cursor, cursor.uint32(), budget)
    }
    for (let tensor = 0; tensor < tensors; tensor += 1) await skipTensor(cursor)
    return null
  } catch (error) {
    if (error instanceof StructureError) return error.message
    throw error
  }
}

class StructureError extends Error {
  override readonly name = 'StructureError'
}

function described(count: bigint, most: number, what: string): number {
  if (count > most) throw new StructureError(`its header promises ${count} ${what}, and at most ${most} are read`)
  return Number(count)
}

async function skipText(cursor: Cursor, maxBytes: number): Promise<void> {
  await cursor.load(8)
  const bytes = cursor.uint64()
  if (bytes > maxBytes) throw new StructureError('a text in it claims to be longer than any of its kind')
  cursor.skip(Number(bytes))
}

async function skipValue(cursor: Cursor, type: number, budget: { elements: number }): Promise<void> {
  if (type === STRING) {
    await skipText(cursor, MAX_BYTES)
    return
  }
  if (type === ARRAY) {
    await skipArray(cursor, budget)
    return
  }
  cursor.skip(bytesOf(type))
}

/** llama.cpp takes no lists of lists either. */
async function skipArray(cursor: Cursor, budget: { elements: number }): Promise<void> {
  await cursor.load(12)
  const type = cursor.uint32()
  const count = cursor.uint64()
  if (count > budget.elements) throw new StructureError(`its lists claim to have more than ${MAX_ELEMENTS} elements`)
  budget.elements -= Number(count)
  if (type === STRING) for (let element = 0; element < count; element += 1) await skipText(cursor, MAX_BYTES)
  else cursor.skip(Number(count) * bytesOf(type))
}

async function skipTensor(cursor: Cursor): Promise<void> {
  await skipText(cursor, MAX_NAME_BYTES)
  await cursor.load(4)
  const dimensions = cursor.uint32()
  if (dimensions > MAX_DIMENSIONS) throw new StructureError(`a tensor in it claims to have ${dimensions} dimensions`)
  // Type and offset follow.
  cursor.skip(dimensions * 8 + 12)
}

function bytesOf(type: number): number {
  const bytes = VALUE_BYTES.get(type)
  if (bytes === undefined) throw new StructureError(`a value in it is of the unknown type ${type}`)
  return bytes
}

/** Reads forward through a file of which `end` bytes may be read. */
class Cursor {
  readonly #file: FileHandle
  readonly #end: number
  readonly #window: Buffer
  #windowStart = 0
  #windowEnd = 0
  #at: number

  constructor(file: FileHandle, end: number, at: number) {
    this.#file = file
    this.#end = end
    this.#window = Buffer.alloc(Math.min(end, WINDOW_BYTES))
    this.#at = at
  }

  /** Has the next bytes at hand; to be called before each read of them. */
  async load(bytes: number): Promise<void> {
    if (this.#at + bytes > this.#end) throw cutOff()
    if (this.#at + bytes <= this.#windowEnd) return
    const { bytesRead } = await this.#file.read(this.#window, 0, this.#window.length, this.#at)
    this.#windowStart = this.#at
    this.#windowEnd = this.#at + bytesRead
    if (bytesRead < bytes) throw cutOff()
  }

  uint32(): number {
    const value = this.#window.readUInt32LE(this.#at - this.#windowStart)
    this.#at += 4
    return value
  }

  uint64(): bigint {
    const value = this.#window.readBigUInt64LE(this.#at - this.#windowStart)
    this.#at += 8
    return value
  }

  skip(bytes: number): void {
    this.#at += bytes
    if (this.#at > this.#end) throw cutOff()
  }
}

function cutOff(): StructureError {
  return new StructureError('a text, a list or a tensor in it claims to be longer than the file')
}
