import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { validate } from '../../../mock-coordinator/validate.ts'

const SCHEMA = z.object({ workload: z.string(), size: z.int().min(1, 'must be at least 1').optional() })

describe('validate', () => {
  it('says of a missing field that it is missing', () => {
    expect(() => validate(SCHEMA, {})).toThrow('workload: is missing: expected string')
    expect(() => validate(SCHEMA, undefined)).toThrow('(body): is missing: expected object')
  })

  it('keeps what a schema says of a wrong one, and names all of them', () => {
    expect(() => validate(SCHEMA, { workload: 'a', size: 0 })).toThrow('size: must be at least 1')
    expect(() => validate(SCHEMA, { workload: null, size: 0 })).toThrow(
      expect.objectContaining({
        details: {
          field: 'workload',
          problems: [
            { field: 'workload', message: expect.stringContaining('expected string') },
            { field: 'size', message: 'must be at least 1' },
          ],
        },
      }),
    )
  })
})
