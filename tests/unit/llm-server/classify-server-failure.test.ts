import { describe, expect, it } from 'vitest'
import { connectionFault, kindOfStatus } from '../../../src/llm-server/classify-server-failure.ts'

const withCode = (code: string): Error => Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:8000'), { code })

describe('a failed call to a language-model server', () => {
  it.each([
    [302, 'redirect'],
    [400, 'refused'],
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [404, 'missing'],
    [405, 'missing'],
    [422, 'refused'],
    [429, 'busy'],
    [500, 'broken'],
    [501, 'missing'],
    [503, 'busy'],
    [504, 'busy'],
    [507, 'broken'],
  ])('with status %i is %s', (status, kind) => {
    expect(kindOfStatus(status)).toBe(kind)
  })

  it.each([
    [withCode('ECONNREFUSED'), 'connection refused'],
    [new AggregateError([withCode('ENETUNREACH'), withCode('ECONNREFUSED')]), 'network unreachable'],
    [withCode('CERT_HAS_EXPIRED'), 'the connection failed (CERT_HAS_EXPIRED)'],
    [new TypeError('a fault of ours'), null],
  ])('is told without the address: %s', (error, words) => {
    expect(connectionFault(error)).toBe(words)
  })
})
