import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TensorBytes } from '../../../../src/workloads/tensor-files/element-types.ts'
import { isNpy, readNpyHeader } from '../../../../src/workloads/tensor-files/npy-header.ts'
import { readNpy } from '../../../../src/workloads/tensor-files/read-npy.ts'
import { TensorFileError } from '../../../../src/workloads/tensor-files/tensor-file-error.ts'

const MAGIC = Uint8Array.of(0x93, ...Buffer.from('NUMPY'))

/** A file as NumPy writes it: the header is filled up with spaces to a multiple of 64 bytes and ends with a line feed. */
function npy(dictionary: string, data: Uint8Array, version: readonly [number, number] = [1, 0]): Uint8Array<ArrayBuffer> {
  const before = version[0] === 1 ? 10 : 12
  const header = Buffer.from(`${dictionary.padEnd(Math.ceil((before + dictionary.length + 1) / 64) * 64 - before - 1)}\n`)
  const length = Buffer.alloc(before - 8)
  length.writeUIntLE(header.length, 0, length.length)
  return new Uint8Array(Buffer.concat([MAGIC, Uint8Array.of(...version), length, header, data]))
}

function read(file: Uint8Array<ArrayBuffer>): TensorBytes {
  const header = readNpyHeader(file)
  return readNpy(header, file.slice(header.dataStart))
}

function dictionary(descr: string, shape: string, order = 'False'): string {
  return `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`
}

const SIX = Int16Array.of(1, 2, 3, 4, 5, 6)

function isReadOrRefused(file: Uint8Array<ArrayBuffer>): boolean {
  try {
    read(file)
    return true
  } catch (error) {
    return error instanceof TensorFileError
  }
}

describe('an npy file', () => {
  it.each([
    ['<f8', 'float64', Float64Array.of(0.1)],
    ['<f4', 'float32', Float32Array.of(0.1)],
    ['<f2', 'float16', Float16Array.of(0.1)],
    ['<i8', 'int64', BigInt64Array.of(-2n)],
    ['<i4', 'int32', Int32Array.of(-2)],
    ['<i2', 'int16', Int16Array.of(-2)],
    ['|i1', 'int8', Int8Array.of(-2)],
    ['<u8', 'uint64', BigUint64Array.of(2n ** 64n - 1n)],
    ['<u4', 'uint32', Uint32Array.of(7)],
    ['<u2', 'uint16', Uint16Array.of(7)],
    ['|u1', 'uint8', Uint8Array.of(7)],
    ['|b1', 'bool', Uint8Array.of(1)],
  ])('of dtype %s holds %s, in either byte order', (descr, type, { buffer }) => {
    const bytes = new Uint8Array(buffer)
    expect(read(npy(dictionary(descr, '(1,)'), bytes))).toEqual({ type, shape: [1], bytes })
    const big = descr.startsWith('|') ? descr : descr.replace('<', '>')
    expect(read(npy(dictionary(big, '(1,)'), bytes.toReversed()))).toEqual({ type, shape: [1], bytes })
  })

  it.each([
    [1, 0],
    [2, 0],
    [3, 0],
  ] as const)('is read in version %i.%i', (...version) => {
    const file = npy(dictionary('<i2', '(2, 3)'), new Uint8Array(SIX.buffer), version)
    expect(read(file)).toEqual({ type: 'int16', shape: [2, 3], bytes: new Uint8Array(SIX.buffer) })
  })

  it('is brought into row order when its columns lie together', () => {
    const columns = new Uint8Array(Int16Array.of(1, 4, 2, 5, 3, 6).buffer)
    expect(read(npy(dictionary('<i2', '(2, 3)', 'True'), columns)).bytes).toEqual(new Uint8Array(SIX.buffer))
  })

  it('gives each element its place in any number of dimensions', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 4 }), { maxLength: 5 }), fc.constantFrom(1, 2, 4, 8), (shape, size) => {
        const count = shape.reduce((product, side) => product * side, 1)
        const tuple = `(${shape.map((side) => `${side},`).join(' ')})`
        const data = new Uint8Array(count * size)
        const expected = new Uint8Array(count * size)
        for (let at = 0; at < count; at++) {
          // Of the element at `at` in row order: its index, and with it its place in column order.
          let rest = at
          let place = 0
          const sides = [...shape.entries()].toReversed()
          for (const [dimension, side] of sides) {
            place += (rest % side) * shape.slice(0, dimension).reduce((product, other) => product * other, 1)
            rest = Math.floor(rest / side)
          }
          data.fill(at % 256, place * size, (place + 1) * size)
          expected.fill(at % 256, at * size, (at + 1) * size)
        }
        expect(read(npy(dictionary(size === 1 ? '|u1' : `<u${size}`, tuple, 'True'), data)).bytes).toEqual(expected)
      }),
    )
  })

  it('may hold a single value, or nothing', () => {
    expect(read(npy(dictionary('<i2', '()'), Uint8Array.of(5, 0)))).toEqual({
      type: 'int16',
      shape: [],
      bytes: Uint8Array.of(5, 0),
    })
    expect(read(npy(dictionary('<i2', '(0, 3)', 'True'), new Uint8Array()))).toMatchObject({ shape: [0, 3] })
  })

  it('may have its header in double quotes, in another order and with the long integers of Python 2', () => {
    const header = `{"shape": (1L, 1), "fortran_order": False, "descr": "<i2"}`
    expect(read(npy(header, Uint8Array.of(5, 0)))).toMatchObject({ shape: [1, 1] })
  })

  it.each([
    ['records', `{'descr': [('a', '<f4'), ('b', '<i2')], 'fortran_order': False, 'shape': (1,)}`, 'is an npy file of records'],
    ['texts', dictionary('<U5', '(1,)'), 'is an npy file of dtype <U5'],
    ['Python objects', dictionary('|O', '(1,)'), 'is an npy file of dtype |O'],
    ['complex numbers', dictionary('<c8', '(1,)'), 'is an npy file of dtype <c8'],
    ['numbers without a byte order', dictionary('|f4', '(1,)'), 'is an npy file of dtype |f4'],
    ['a negative size', dictionary('<f4', '(-1,)'), 'cannot be read at character'],
    ['a size that is no number', dictionary('<f4', `('a',)`), 'that make sense'],
    ['too much shape', dictionary('<f4', '(99999999999, 99999999999)'), 'takes'],
    ['no shape', `{'descr': '<f4', 'fortran_order': False}`, 'that make sense'],
    ['a key too many', `{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}`, 'that make sense'],
    ['a key twice', `{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}`, 'cannot be read at character'],
    ['code', `{'descr': __import__('os'), 'fortran_order': False, 'shape': ()}`, 'cannot be read at character'],
    ['depth', '['.repeat(60), 'cannot be read at character'],
    ['a list', '[]', 'that make sense'],
    ['something after it', `${dictionary('<f4', '()')} 5`, 'cannot be read at character'],
    ['no commas', dictionary('<f4', '(1 2)'), 'cannot be read at character'],
  ])('is refused with %s in its header', (_, header, message) => {
    expect(() => read(npy(header, new Uint8Array(4)))).toThrow(TensorFileError)
    expect(() => read(npy(header, new Uint8Array(4)))).toThrow(message)
  })

  it('is refused when it is cut, has more than its array, or is of a version to come', () => {
    const file = npy(dictionary('<i2', '(2, 3)'), new Uint8Array(SIX.buffer))
    for (let length = 0; length < file.length; length++) expect(() => read(file.slice(0, length))).toThrow(TensorFileError)
    expect(() => read(new Uint8Array([...file, 0]))).toThrow('has 13 bytes of data, where int16 of shape [2, 3] takes 12')
    expect(() => read(npy(dictionary('<i2', '()'), Uint8Array.of(1, 2), [4, 0]))).toThrow('is an npy file of version 4.0')
    expect(() => read(npy(dictionary('<i2', '()'), Uint8Array.of(1, 2), [1, 1]))).toThrow('is an npy file of version 1.1')
  })

  it('is known by its first bytes', () => {
    expect(isNpy(MAGIC)).toBe(true)
    expect(isNpy(MAGIC.subarray(0, 5))).toBe(false)
    expect(isNpy(Buffer.from('PK\u0003\u0004 a zip file'))).toBe(false)
  })

  it('is read or refused in words, whatever its bytes are', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      ',',
      ':',
      "'descr'",
      "'<f4'",
      "'shape'",
      "'fortran_order'",
      'True',
      '1',
    )
    const header = fc.oneof(
      fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join('')),
      fc.string(),
    )
    const changed = fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, byte]) => {
      const file = npy(dictionary('<i2', '(2, 3)', 'True'), new Uint8Array(SIX.buffer))
      file[at % file.length] = byte
      return file
    })
    const made = fc.tuple(header, fc.uint8Array({ maxLength: 16 })).map(([text, data]) => npy(text, data))
    fc.assert(
      fc.property(fc.oneof(changed, made), (file) => {
        expect(isReadOrRefused(file)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('is refused in few words, whatever it calls its elements', () => {
    expect(() => read(npy(dictionary('<'.repeat(60_000), '(6,)'), new Uint8Array(12)))).toThrow(/^.{1,1001}$/s)
  })
})
