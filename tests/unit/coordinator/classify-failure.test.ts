import { describe, expect, it } from 'vitest'
import { classifyFailure } from '../../../src/coordinator/classify-failure.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')

function answer(status: number, apiCode: string | null = null, isAboutKey = false) {
  return classifyFailure(
    {
      kind: 'answer',
      call: 'POST /v1/miner/proof',
      status,
      apiCode,
      message: null,
      retryAfter: null,
      dateMs: null,
      isAboutKey,
      location: 'https://elsewhere.example',
    },
    NOW,
  )
}

describe('classifyFailure', () => {
  it.each([
    [401, 'unauthorized', true],
    [403, 'rejected', false],
    [404, 'missing', false],
    [405, 'missing', false],
    [409, 'rejected', false],
    [413, 'rejected', false],
    [422, 'rejected', false],
    [429, 'overloaded', true],
    [500, 'rejected', false],
    [501, 'missing', false],
    [502, 'overloaded', true],
    [503, 'overloaded', true],
    [504, 'overloaded', true],
    [302, 'rejected', false],
  ] as const)('reads status %i as %s', (status, failureClass, isGeneral) => {
    const failure = answer(status)
    expect(failure.failureClass).toBe(failureClass)
    expect(failure.isGeneral).toBe(isGeneral)
    expect(failure.status).toBe(status)
  })

  it('takes 403 for a refused key where the call is about no job', () => {
    expect(answer(403, 'FORBIDDEN', true)).toMatchObject({ failureClass: 'unauthorized', isGeneral: true })
    expect(answer(404, null, true).failureClass).toBe('missing')
  })

  it('keeps the code of the coordinator for decisions and says it to people', () => {
    const failure = answer(409, 'LEASE_LOST')
    expect(failure.apiCode).toBe('LEASE_LOST')
    expect(failure.message).toBe('POST /v1/miner/proof: HTTP 409 LEASE_LOST')
  })

  it('tells where a redirect leads instead of following it', () => {
    expect(answer(301).message).toContain('set COORD_URL to where it points (https://elsewhere.example)')
  })

  it('reads a Retry-After date by the clock of the answer that it came in', () => {
    const failed = {
      kind: 'answer',
      call: 'c',
      status: 503,
      apiCode: null,
      message: null,
      retryAfter: 'Thu, 01 Jan 2026 05:01:00 GMT',
      dateMs: NOW + 5 * 3_600_000,
      isAboutKey: false,
      location: null,
    } as const
    expect(classifyFailure(failed, NOW).retryAfterMs).toBe(60_000)
    expect(classifyFailure({ ...failed, dateMs: null }, NOW).retryAfterMs).toBe(3_600_000)
  })

  it.each([
    ['ECONNREFUSED', 'connection refused'],
    ['ENOTFOUND', 'host name not found'],
    ['CERT_HAS_EXPIRED', 'certificate has expired'],
    ['UND_ERR_HEADERS_OVERFLOW', 'head of the answer is too large'],
    ['HPE_INVALID_CONSTANT', 'does not speak HTTP'],
  ])('puts %s into words', (code, words) => {
    const failure = classifyFailure(
      { kind: 'transport', call: 'GET /v1/miner/next', error: Object.assign(new Error('x'), { code }) },
      NOW,
    )
    expect(failure.failureClass).toBe('unreachable')
    expect(failure.message).toContain(words)
  })

  it('describes a connection refused on every address by its first error', () => {
    const error = new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })], '')
    expect(classifyFailure({ kind: 'transport', call: 'c', error }, NOW).message).toContain('connection refused')
  })

  it.each([
    ['30', 30_000],
    ['999999999', 3_600_000],
    ['1.5', null],
    ['-5', null],
    ['1e9', null],
    ['soon', null],
  ])('passes on a Retry-After of %s as %s ms', (retryAfter, retryAfterMs) => {
    const failed = {
      kind: 'answer',
      call: 'GET /v1/miner/next',
      status: 503,
      isAboutKey: true,
      apiCode: null,
      message: null,
      retryAfter,
      dateMs: null,
      location: null,
    } as const
    expect(classifyFailure(failed, NOW).retryAfterMs).toBe(retryAfterMs)
  })
})
