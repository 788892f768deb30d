import { readFileSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ggufProblem } from '../../../src/engine/child/gguf-structure.ts'
import { tempDir } from '../../support/temp-dir.ts'

type Part = number | bigint | string

/** Numbers are 32 bits wide, bigints 64; a text has its length before it. */
function bytesOf(...parts: readonly Part[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.concat([bytesOf(BigInt(part.length)), Buffer.from(part)])
      const bytes = Buffer.alloc(typeof part === 'number' ? 4 : 8)
      if (typeof part === 'number') bytes.writeUInt32LE(part)
      else bytes.writeBigUInt64LE(part)
      return bytes
    }),
  )
}

/** A head that promises so many tensors and entries, and what comes after it. */
function file(tensors: bigint, entries: bigint, ...rest: readonly Part[]): Buffer {
  return Buffer.concat([Buffer.from('GGUF'), bytesOf(3, tensors, entries, ...rest)])
}

async function problemOf(content: Buffer): Promise<string | null> {
  const path = join(tempDir(), 'model.gguf')
  await writeFile(path, content)
  const handle = await open(path)
  try {
    return await ggufProblem(handle, content.length)
  } finally {
    await handle.close()
  }
}

const [UINT32, STRING, ARRAY] = [4, 8, 9]

describe('ggufProblem', () => {
  it('finds nothing in a description that its file can hold', async () => {
    const description = file(1n, 3n, 'a', UINT32, 7, 'b', STRING, 'text', 'c', ARRAY, STRING, 2n, 'x', '', 'w', 2, 8n, 8n, 0, 0n)
    expect(await problemOf(description)).toBeNull()
  })

  it('finds nothing in a model that llama.cpp runs', async () => {
    expect(await problemOf(readFileSync(join(import.meta.dirname, '../../../models/tiny-llm/tiny-llm-f16.gguf')))).toBeNull()
  })

  it.each([
    ['a list of 2^40 bytes', file(0n, 1n, 'a', ARRAY, 0, 2n ** 40n), 'more than 8388608 elements'],
    [
      'many lists that are large together',
      file(0n, 2n, ...['a', 'b'].flatMap((key) => [key, ARRAY, 0, 2n ** 23n])),
      'longer than the file',
    ],
    ['a list of more texts than there are', file(0n, 1n, 'a', ARRAY, STRING, 3n, 'x', 'y'), 'longer than the file'],
    ['a list of lists', file(0n, 1n, 'a', ARRAY, ARRAY, 1n, UINT32, 1n, 0), 'unknown type 9'],
    ['a text of 2^63 bytes', file(0n, 1n, 'a', STRING, 2n ** 63n), 'longer than any'],
    ['a key of a megabyte', file(0n, 1n, 'k'.repeat(1e6), UINT32, 0), 'longer than any'],
    ['a value of no known type', file(0n, 1n, 'a', 13, 0n), 'unknown type 13'],
    ['a tensor of 2^32 - 1 dimensions', file(1n, 0n, 'w', 2 ** 32 - 1), '4294967295 dimensions'],
    ['2^64 - 1 tensors', file(2n ** 64n - 1n, 0n), 'promises 18446744073709551615 tensors'],
    ['more tensors than any model has', file(16_385n, 0n), 'at most 16384 are read'],
    ['more entries than any model has', file(0n, 4097n), 'at most 4096 are read'],
    ['a head alone', Buffer.from('GGUF\x03\0\0\0'), 'longer than the file'],
  ])('refuses %s', async (_what, content, message) => {
    expect(await problemOf(content)).toContain(message)
  })
})
