import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ELEMENT_BYTES, elementCount } from '../../../../src/workloads/tensor-files/element-types.ts'
import type { ElementType } from '../../../../src/workloads/tensor-files/element-types.ts'
import {
  readSafetensorsHeader,
  safetensorsHeaderBytes,
  safetensorsTensor,
} from '../../../../src/workloads/tensor-files/read-safetensors.ts'
import type { SafetensorsEntry } from '../../../../src/workloads/tensor-files/read-safetensors.ts'
import { TensorFileError } from '../../../../src/workloads/tensor-files/tensor-file-error.ts'
import { writeSafetensors } from '../../../../src/workloads/tensor-files/write-safetensors.ts'
import type { NamedTensor } from '../../../../src/workloads/tensor-files/write-safetensors.ts'

function isElementType(type: string): type is ElementType {
  return Object.hasOwn(ELEMENT_BYTES, type)
}

const tensor = fc
  .record({
    name: fc.string({ minLength: 1, unit: 'binary' }).filter((name) => name !== '__metadata__' && name.isWellFormed()),
    type: fc.constantFrom(...Object.keys(ELEMENT_BYTES).filter(isElementType)),
    shape: fc.array(fc.nat({ max: 4 }), { maxLength: 4 }),
    byte: fc.nat({ max: 255 }),
  })
  .map(({ byte, ...rest }): NamedTensor => {
    const bytes = new Uint8Array(elementCount(rest.shape) * ELEMENT_BYTES[rest.type]).fill(byte)
    return { ...rest, bytes }
  })

const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 })

function fileOf(header: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const prefix = new Uint8Array(8)
  new DataView(prefix.buffer).setBigUint64(0, BigInt(Buffer.byteLength(header)), true)
  return Buffer.concat([prefix, Buffer.from(header), data])
}

function read(file: Uint8Array): ReadonlyMap<string, SafetensorsEntry> {
  const dataStart = 8 + safetensorsHeaderBytes(file.subarray(0, 8), file.length)
  return readSafetensorsHeader(file.subarray(8, dataStart), file.length - dataStart)
}

function entry(dtype: string, shape: readonly number[], start: number, end: number): string {
  return JSON.stringify({ dtype, shape, data_offsets: [start, end] })
}

function isReadOrRefused(file: Uint8Array): boolean {
  try {
    read(file)
    return true
  } catch (error) {
    return error instanceof TensorFileError
  }
}

describe('a safetensors file', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(tensors, (written) => {
        const file = writeSafetensors(written)
        const dataStart = 8 + safetensorsHeaderBytes(file.subarray(0, 8), file.length)
        const entries = read(file)
        expect(entries.size).toBe(written.length)
        for (const { name, type, shape, bytes } of written) {
          const found = entries.get(name)
          if (found === undefined) throw new Error(`${name} is gone`)
          const data = file.slice(dataStart + found.start, dataStart + found.end)
          expect(safetensorsTensor(name, found, data)).toEqual({ type, shape, bytes })
        }
      }),
    )
  })

  it('begins its data, and each tensor, where it can be mapped', () => {
    fc.assert(
      fc.property(tensors, (written) => {
        const file = writeSafetensors(written)
        const headerBytes = safetensorsHeaderBytes(file.subarray(0, 8), file.length)
        expect(headerBytes % 8).toBe(0)
        const entries = read(file)
        expect(written.every(({ name, type }) => (entries.get(name)?.start ?? 1) % ELEMENT_BYTES[type] === 0)).toBe(true)
      }),
    )
  })

  it('has these bytes', () => {
    const file = writeSafetensors([
      { name: '2', type: 'bool', shape: [3], bytes: Uint8Array.of(1, 0, 1) },
      { name: '1', type: 'int16', shape: [], bytes: Uint8Array.of(5, 0) },
    ])
    const header =
      '{"2":{"dtype":"BOOL","shape":[3],"data_offsets":[2,5]},"1":{"dtype":"I16","shape":[],"data_offsets":[0,2]}}     '
    expect(Buffer.from(file)).toEqual(Buffer.from([112, 0, 0, 0, 0, 0, 0, 0, ...Buffer.from(header), 5, 0, 1, 0, 1]))
  })

  it('may hold metadata, and tensors of types that are not computed with here until one is asked for', () => {
    const both = `{"__metadata__":{"format":"pt"},"a":${entry('BF16', [2], 0, 4)},"b":${entry('F4', [3, 2], 4, 7)}}`
    const entries = read(fileOf(both, new Uint8Array(7)))
    const a = entries.get('a')
    expect([...entries.keys()]).toEqual(['a', 'b'])
    if (a === undefined) throw new Error('a is gone')
    expect(() => safetensorsTensor('a', a, new Uint8Array(4))).toThrow('holds tensor a as BF16')
  })

  it.each([
    ['no JSON', fileOf('{"a":'), 'is no JSON'],
    ['no UTF-8', Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff]), 'is no JSON in UTF-8'],
    ['an array', fileOf('[]'), 'is no JSON object'],
    ['a space before', fileOf(' {}'), 'is no JSON object'],
    ['a name twice', fileOf(`{"a":${entry('U8', [0], 0, 0)},"\\u0061":${entry('U8', [0], 0, 0)}}`), 'names "a" twice'],
    ['a field twice', fileOf('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'), 'names "dtype" twice'],
    ['an unknown dtype', fileOf(`{"a":${entry('U7', [0], 0, 0)}}`), 'unknown dtype U7'],
    ['another length than the shape', fileOf(`{"a":${entry('F32', [2], 0, 4)}}`, new Uint8Array(4)), 'takes 8'],
    ['a shape beyond all numbers', fileOf(`{"a":${entry('F32', [2 ** 52, 2 ** 52], 0, 4)}}`, new Uint8Array(4)), 'takes'],
    ['half a byte', fileOf(`{"a":${entry('F4', [1], 0, 1)}}`, new Uint8Array(1)), 'takes 0.5'],
    ['negative sizes', fileOf(`{"a":${entry('U8', [-1, -1], 0, 1)}}`, new Uint8Array(1)), 'describes tensor "a" wrongly'],
    ['an end before its start', fileOf(`{"a":${entry('U8', [1], 1, 0)}}`, new Uint8Array(1)), 'gives tensor "a" -1 bytes'],
    ['a field too many', fileOf('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}'), 'describes tensor "a" wrongly'],
    ['metadata that are no texts', fileOf('{"__metadata__":{"a":1}}'), '__metadata__'],
    ['a gap', fileOf(`{"a":${entry('U8', [1], 1, 2)}}`, new Uint8Array(2)), 'not at 0'],
    ['an overlap', fileOf(`{"a":${entry('U8', [2], 0, 2)},"b":${entry('U8', [2], 1, 3)}}`, new Uint8Array(3)), 'not at 2'],
    ['too little data', fileOf(`{"a":${entry('U8', [2], 0, 2)}}`, new Uint8Array(1)), 'tells of 2'],
    ['too much data', fileOf(`{"a":${entry('U8', [2], 0, 2)}}`, new Uint8Array(3)), 'tells of 2'],
  ])('is refused with %s', (_, file, message) => {
    expect(() => read(file)).toThrow(TensorFileError)
    expect(() => read(file)).toThrow(message)
  })

  it('is refused by its first bytes when it lies about its header', () => {
    const prefix = Buffer.alloc(8)
    prefix.writeBigUInt64LE(2n ** 64n - 1n)
    expect(() => safetensorsHeaderBytes(prefix, 100)).toThrow('speaks of a header of 18446744073709551615 bytes and has 100')
    prefix.writeBigUInt64LE(2n ** 25n)
    expect(() => safetensorsHeaderBytes(prefix, 2 ** 40)).toThrow('at most 16777216 are read')
    expect(() => safetensorsHeaderBytes(new Uint8Array(3), 3)).toThrow('it has 3 bytes')
  })

  it('keeps a tensor that is called __proto__', () => {
    const entries = read(fileOf(`{"__proto__":${entry('U8', [1], 0, 1)}}`, new Uint8Array(1)))
    expect([...entries.keys()]).toEqual(['__proto__'])
  })

  it('is read or refused in words, whatever its bytes are', () => {
    const field = fc.record(
      {
        dtype: fc.constantFrom('U8', 'F32', 'F4', 'BF16', 'x'),
        shape: fc.array(fc.oneof(fc.nat({ max: 3 }), fc.double()), { maxLength: 3 }),
        data_offsets: fc.array(fc.integer({ min: -1, max: 9 }), { minLength: 1, maxLength: 3 }),
      },
      { requiredKeys: [] },
    )
    const entries = fc.dictionary(fc.string(), field, { maxKeys: 3 }).map((value) => JSON.stringify(value))
    const header = fc.oneof(
      entries,
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.nat({ max: 300 }).map((depth) => '{"a":'.repeat(depth)),
    )
    const files = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(header, fc.uint8Array({ maxLength: 8 })).map(([text, data]) => fileOf(text, data)),
      fc.tuple(tensors, fc.nat(), fc.nat({ max: 255 })).map(([written, at, byte]) => {
        const file = writeSafetensors(written)
        file[at % file.length] = byte
        return file
      }),
      fc.tuple(tensors, fc.nat()).map(([written, length]) => {
        const file = writeSafetensors(written)
        return file.subarray(0, length % (file.length + 1))
      }),
    )
    fc.assert(
      fc.property(files, (file) => {
        expect(isReadOrRefused(file)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
