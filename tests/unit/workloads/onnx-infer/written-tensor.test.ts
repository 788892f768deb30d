import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JobFailureError } from '../../../../src/domain/failure-codes.ts'
import { writtenElements } from '../../../../src/workloads/onnx-infer/written-tensor.ts'
import type { WrittenTensor } from '../../../../src/workloads/onnx-infer/written-tensor.ts'

function elements(type: WrittenTensor['type'], shape: readonly number[], data: WrittenTensor['data']): unknown[] {
  return [...writtenElements({ name: 'x', type, shape, data })]
}

function reason(type: WrittenTensor['type'], shape: readonly number[], data: WrittenTensor['data']): string {
  try {
    elements(type, shape, data)
  } catch (error) {
    if (!(error instanceof JobFailureError)) throw error
    return error.failure.code === 'E_INVALID' ? error.message : error.failure.code
  }
  throw new Error('the tensor was taken')
}

function isTakenOrRefused(...tensor: Parameters<typeof elements>): boolean {
  try {
    elements(...tensor)
    return true
  } catch (error) {
    return error instanceof JobFailureError
  }
}

describe('a tensor written out in params', () => {
  it.each([
    ['uint8', 300, '300 does not fit uint8, 0 to 255'],
    ['uint8', -1, '-1 does not fit uint8, 0 to 255'],
    ['int8', 128, '128 does not fit int8, -128 to 127'],
    ['int32', 1.5, '1.5 is no whole number'],
    ['int32', 2 ** 31, '2147483648 does not fit int32, -2147483648 to 2147483647'],
    ['int32', '1', '"1" is no whole number'],
    ['int64', 2 ** 53, '9007199254740992 is not exact as a JSON number: write it as a text of decimal digits'],
    ['int64', '9223372036854775808', '9223372036854775808 does not fit int64, -9223372036854775808 to 9223372036854775807'],
    ['int64', '1e3', '"1e3" is no whole number'],
    ['int64', ' 1', '" 1" is no whole number'],
    ['uint64', '-1', '-1 does not fit uint64, 0 to 18446744073709551615'],
    ['float32', '1', '"1" is no number'],
    ['float32', null, 'null is no number, and what is written for a NaN that JSON does not have: write "NaN"'],
    ['float32', true, 'true is no number'],
    ['float32', {}, 'an object is no number'],
    ['float32', [1], 'an array is no number'],
    ['float32', 'a'.repeat(100), `"${'a'.repeat(39)}… is no number`],
    ['float32', 1e39, '1e+39 is beyond float32: write "Infinity" where that is meant'],
    ['float16', 65_520, '65520 is beyond float16: write "Infinity" where that is meant'],
    ['float64', Number.POSITIVE_INFINITY, 'Infinity is beyond float64: write "Infinity" where that is meant'],
    ['bool', 2, '2 is neither true nor false'],
    ['bool', 'true', '"true" is neither true nor false'],
    ['string', 1, '1 is no text'],
    ['string', 'a\0b', 'a text with a NUL character cannot be passed on'],
    ['string', '\ud800', 'a text with half of a surrogate pair has no UTF-8'],
  ] as const)('of %s may not hold %j', (type, value, message) => {
    const good = { string: 'a', bool: true }[type as string] ?? 1
    expect(reason(type, [3], [good, good, value])).toBe(`inputs.x.data[2]: ${message}`)
    expect(
      reason(
        type,
        [2, 2],
        [
          [good, good],
          [value, good],
        ],
      ),
    ).toBe(`inputs.x.data[1][0]: ${message}`)
  })

  it('keeps every number of its type', () => {
    fc.assert(
      fc.property(fc.array(fc.float(), { maxLength: 8 }), (values) => {
        const data = values.map((value) => (Number.isFinite(value) ? value : String(value)))
        expect(elements('float32', [values.length], data)).toEqual(values)
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 8 }), (values) => {
        expect(elements('int64', [values.length], values.map(String))).toEqual(values)
      }),
    )
  })

  it('may be flat or nested as its shape, and nothing between', () => {
    const cube = [
      [[1], [2]],
      [[3], [4]],
      [[5], [6]],
    ]
    expect(elements('int32', [3, 2, 1], cube)).toEqual([1, 2, 3, 4, 5, 6])
    expect(elements('int32', [3, 2, 1], cube.flat(2))).toEqual([1, 2, 3, 4, 5, 6])
    expect(elements('string', [2, 1], [['a'], ['b']])).toEqual(['a', 'b'])
    expect(reason('int32', [3, 2], cube)).toBe('inputs.x.data[0][0]: an array is no whole number')
    expect(reason('int32', [3, 2, 1], cube.flat())).toBe('inputs.x.data: has 6 elements, where the shape says 3')
    expect(reason('int32', [2, 2], [[1, 2], 3])).toBe('inputs.x.data[1]: must be an array, as the shape says')
    expect(reason('int32', [2, 2], [1, 2, 3, [4]])).toBe('inputs.x.data[3]: an array is no whole number')
    expect(reason('int32', [2, 2], [[1, 2], [3]])).toBe('inputs.x.data[1]: has 1 elements, where the shape says 2')
    expect(reason('int32', [2], 5)).toBe('inputs.x.data: must be an array')
  })

  it('may be empty, or a single value', () => {
    expect(elements('float32', [0, 2 ** 31 - 1], [])).toEqual([])
    expect(elements('float32', [2, 0], [[], []])).toEqual([])
    expect(elements('float32', [], 5)).toEqual([5])
    expect(elements('float32', [], [5])).toEqual([5])
    expect(elements('string', [], 'a')).toEqual(['a'])
    expect(elements('float32', [], 'NaN')).toEqual([Number.NaN])
  })

  it('gets no room by a shape that lies', () => {
    const side = 2 ** 31 - 1
    expect(reason('float64', [side, side, side], [1])).toMatch('has 1 elements, where shape')
    expect(reason('string', [side], ['a'])).toMatch('has 1 elements, where shape')
    expect(reason('float64', [side, side], [[1]])).toMatch('has 1 elements, where the shape says 2147483647')
    expect(reason('float64', [side, side], { base64: 'AAAA' })).toMatch('has 4 characters of base64')
  })

  it('may be the base64 of its bytes, padded, and of nothing else', () => {
    expect(elements('int16', [2], { base64: 'AQD//w==' })).toEqual([1, -1])
    expect(elements('int16', [0], { base64: '' })).toEqual([])
    expect(elements('bool', [3], { base64: 'AAEA' })).toEqual([0, 1, 0])
    expect(reason('int16', [2], { base64: 'AQD//w' })).toMatch(
      'has 6 characters of base64, where 2 elements of int16 take 4 bytes',
    )
    expect(reason('int16', [2], { base64: 'AQD__w==' })).toMatch('is not the padded base64 of 4 bytes')
    expect(reason('int16', [2], { base64: 'AQD/ w==' })).toMatch('is not the padded base64 of 4 bytes')
    expect(reason('int16', [2], { base64: 'AQD/////' })).toMatch('is not the padded base64 of 4 bytes')
    expect(reason('int16', [2], { base64: 'AQD//x==' })).toMatch('is not the padded base64 of 4 bytes')
    expect(reason('bool', [3], { base64: 'AAIA' })).toBe('inputs.x.data.base64: byte 1 is 2, where a bool is 0 or 1')
    expect(reason('string', [1], { base64: 'AAAA' })).toBe('inputs.x.data: texts have no base64 form, give an array')
  })

  it('is taken or refused in words, whatever it holds', () => {
    const type = fc.constantFrom('float16', 'float32', 'float64', 'int8', 'int64', 'uint64', 'bool', 'string')
    const data = fc.oneof(
      fc.array(fc.jsonValue()),
      fc.jsonValue().map((value) => [value]),
      fc.record({ base64: fc.oneof(fc.base64String(), fc.string()) }),
    )
    fc.assert(
      fc.property(type, fc.array(fc.nat({ max: 3 }), { maxLength: 3 }), data, (type, shape, data) => {
        expect(isTakenOrRefused(type, shape, data)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})
