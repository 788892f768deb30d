import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { duplicateJsonKey } from '../../../../src/workloads/tensor-files/duplicate-json-key.ts'

describe('duplicateJsonKey', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['[{"b":{"a":1,"c":{},"a":2}}]', 'a'],
    ['{"a" : {"x": 1}, "b": [1, {"q":"q", "q"\n:"q"}]}', 'q'],
    ['{"":1,"":2}', ''],
    ['{"\\\\":1,"\\u005c":2}', '\\'],
    ['{"a\\"":1,"a\\"":2}', 'a"'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ])('finds the name that stands twice in %s', (json, name) => {
    expect(duplicateJsonKey(json)).toBe(name)
  })

  it.each(['{}', '1', '"a"', '["a","a"]', '{"a":"a","b":"a"}', '{"a":{"a":{"a":1}}}', '{"a":"{\\"a\\":1}","b":"a"}'])(
    'finds none in %s',
    (json) => {
      expect(duplicateJsonKey(json)).toBeNull()
    },
  )

  it('finds none in what JSON.stringify makes', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat({ max: 4 }), (json, indent) => {
        expect(duplicateJsonKey(JSON.stringify(JSON.parse(json), null, indent))).toBeNull()
      }),
    )
  })
})
