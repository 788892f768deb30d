import { describe, expect, it } from 'vitest'
import { isSafeJobId } from '../../../src/domain/job.ts'

describe('isSafeJobId', () => {
  it.for(['job_1', 'a', 'A.b:c-d_e', '...', 'x'.repeat(128)])('takes %s', (id) => {
    expect(isSafeJobId(id)).toBe(true)
  })

  it.for(['', '.', '..', 'a/b', '../x', 'a b', 'a\n', 'ü', 'a\0b', 'x'.repeat(129)])('refuses %j', (id) => {
    expect(isSafeJobId(id)).toBe(false)
  })
})
