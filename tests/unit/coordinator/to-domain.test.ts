import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toNextAnswer } from '../../../src/coordinator/to-domain.ts'

describe('toNextAnswer', () => {
  it('takes a core job, and an absent params for an empty one', () => {
    const answer = toNextAnswer({ id: 'job_1', workload: 'torch_bench' }, false)
    expect(answer).toMatchObject({
      kind: 'job',
      job: { id: 'job_1', workload: 'torch_bench', params: {}, attempt: 1, lease: null },
    })
  })

  it.each([null, {}, { skipped: { model: 3 } }, { id: null }, [], 'x', 7])('takes %j for no job', (body) => {
    expect(toNextAnswer(body, false).kind).toBe('none')
  })

  it('passes on why jobs were passed over', () => {
    expect(toNextAnswer({ skipped: { workload: 0, model: 3 } }, false)).toEqual({
      kind: 'none',
      skipped: { workload: 0, model: 3 },
    })
  })

  it.each(['..', '.', '', '../etc', 'a/b', 'a b', 'a\0b', 'x'.repeat(129), 'ü'])('refuses the id %j', (id) => {
    const answer = toNextAnswer({ id, workload: 'llm_gen', lease: { id: 'L1', expires_at: '2026-01-01T00:00:00Z' } }, false)
    expect(answer).toMatchObject({ kind: 'malformed', id, leaseId: 'L1', failure: { code: 'E_INVALID', retryable: false } })
  })

  it('carries no id that is too long to be written down', () => {
    const id = 'x'.repeat(1_000_000)
    const answer = toNextAnswer({ id, workload: 'llm_gen', lease: { id, expires_at: '2026-01-01T00:00:00Z' } }, false)
    expect(answer).toMatchObject({ kind: 'malformed', id: null, leaseId: null, failure: { code: 'E_INVALID' } })
  })

  it('refuses a lease that no proof could be signed for', () => {
    const answer = toNextAnswer(
      { id: 'j', workload: 'llm_gen', lease: { id: '\ud800', expires_at: '2026-01-01T00:00:00Z' } },
      false,
    )
    expect(answer.kind === 'malformed' && answer.failure.message).toContain('lease.id')
  })

  it('names the field that does not fit', () => {
    const answer = toNextAnswer({ id: 'j', workload: 'llm_gen', limits: { ram_mb: 'much' } }, false)
    expect(answer.kind === 'malformed' && answer.failure.message).toContain('limits.ram_mb')
  })

  it('answers any JSON at all without throwing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(['job', 'none', 'malformed']).toContain(toNextAnswer(body, false).kind)
      }),
    )
  })
})
