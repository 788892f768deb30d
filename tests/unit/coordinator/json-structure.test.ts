import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonStructure } from '../../../src/coordinator/json-structure.ts'

function counted(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const children = Object.values(value)
  return children.reduce<number>((sum, child) => sum + counted(child), 1 + (Array.isArray(value) ? 0 : children.length))
}

describe('jsonStructure', () => {
  it('counts objects, arrays and members, and nothing that stands in a text', () => {
    expect(jsonStructure(Buffer.from('{"a":[1,2,{"b":{}}],"c":"{[:\\"{[:\\\\"}'))).toBe(7)
  })

  it('counts what parsing would make', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(jsonStructure(Buffer.from(JSON.stringify(value)))).toBe(counted(value))
      }),
    )
  })

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(jsonStructure(bytes)).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })
})
