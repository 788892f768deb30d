import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JobSchema } from '../../../src/protocol/job.ts'
import { JobIdSchema } from '../../../src/protocol/primitives.ts'

const IdArbitrary = fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/).filter((id) => id !== '.' && id !== '..')

describe('JobSchema', () => {
  it('takes a core job and fills in empty params', () => {
    expect(JobSchema.parse({ id: 'j1', workload: 'llm_gen' })).toEqual({ id: 'j1', workload: 'llm_gen', params: {} })
    expect(JobSchema.parse({ id: 'j1', workload: 'llm_gen', params: null }).params).toEqual({})
  })

  it('ignores unknown fields and takes null for absent', () => {
    const job = JobSchema.parse({ id: 'j1', workload: 'new_one', params: {}, later: 1, model: null, lease: null })
    expect(job).not.toHaveProperty('later')
    expect(job.lease).toBeNull()
  })

  it.each(['', '.', '..', '../x', 'a/b', 'a b', 'ü', 'a\n', 'x'.repeat(129), '\0'])('refuses the id %j', (id) => {
    expect(JobIdSchema.safeParse(id).success).toBe(false)
  })

  it('takes every safe id', () => {
    fc.assert(
      fc.property(IdArbitrary, (id) => {
        expect(JobIdSchema.parse(id)).toBe(id)
      }),
    )
  })

  it.each([
    ['{"__proto__": {"x": 1}}', '__proto__'],
    ['{"prompt": "\\ud800 alone"}', 'surrogate'],
    ['{"\\udc00": 1}', 'surrogate'],
    ['{"a": [{"__proto__": 1}]}', '__proto__'],
    ['{"n": 1e999}', 'out of range'],
    ['{"n": 9007199254740993}', '2^53'],
    ['[1]', 'JSON object'],
    ['"text"', 'JSON object'],
  ])('refuses params %s', (params, reason) => {
    const result = JobSchema.safeParse({ id: 'j1', workload: 'x', params: JSON.parse(params) })
    expect(result.error?.issues[0]?.message).toContain(reason)
  })

  it('refuses params nested too deeply', () => {
    let params: unknown = {}
    for (let depth = 0; depth < 70; depth += 1) params = { params }
    expect(JobSchema.safeParse({ id: 'j1', workload: 'x', params }).success).toBe(false)
  })

  it('looks at arrays of millions of numbers without making something of each', () => {
    const data = Array.from({ length: 4_000_000 }, () => 1)
    const before = process.memoryUsage().heapUsed
    expect(JobSchema.safeParse({ id: 'j1', workload: 'x', params: { data } }).success).toBe(true)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000)
  })

  it('gives params back as they came', () => {
    const safe = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })).filter((params) => {
      return !/"__proto__"|\d{16}|e\+/.test(JSON.stringify(params))
    })
    fc.assert(
      fc.property(IdArbitrary, safe, (id, params) => {
        const wire = JSON.parse(JSON.stringify({ id, workload: 'x', params }))
        expect(JobSchema.parse(wire)).toEqual(wire)
      }),
    )
  })
})
