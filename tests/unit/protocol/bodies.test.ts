import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CapabilitiesSchema } from '../../../src/protocol/capabilities.ts'
import { API_ERRORS } from '../../../src/protocol/errors.ts'
import { FailSchema } from '../../../src/protocol/fail.ts'
import { HeartbeatAnswerSchema, HeartbeatSchema } from '../../../src/protocol/heartbeat.ts'
import { NextQuerySchema, offersJob } from '../../../src/protocol/next.ts'
import { MoneySchema, Sha256Schema, SignedMoneySchema, UtcTimeSchema } from '../../../src/protocol/primitives.ts'
import { ProofSchema, ReceiptSchema } from '../../../src/protocol/proof.ts'

const SHA = 'a'.repeat(64)

describe('core bodies', () => {
  it('are valid by themselves', () => {
    expect(ProofSchema.safeParse({ id: 'j', mode: 'cpu', output_sha: SHA, metrics: {} }).success).toBe(true)
    expect(HeartbeatSchema.safeParse({ miner_id: 'm', wallet: 'w', mode: 'gpu', gpu: true }).success).toBe(true)
  })

  it.each([true, false, 0, 1])('take %j for gpu', (gpu) => {
    expect(HeartbeatSchema.parse({ miner_id: 'm', wallet: 'w', mode: 'cpu', gpu }).gpu).toBe(gpu)
    expect(CapabilitiesSchema.parse({ miner_id: 'm', mode: 'cpu', gpu }).gpu).toBe(gpu)
  })

  it.each([2, '1', null])('refuse %j for gpu', (gpu) => {
    expect(HeartbeatSchema.safeParse({ miner_id: 'm', wallet: 'w', mode: 'cpu', gpu }).success).toBe(false)
  })

  it.each(['id', 'mode', 'output_sha', 'metrics'])('are invalid without the %s of a proof', (field) => {
    const proof = { id: 'j', mode: 'cpu', output_sha: SHA, metrics: {} }
    expect(ProofSchema.safeParse({ ...proof, [field]: undefined }).success).toBe(false)
  })

  it('keep metrics that this version does not know', () => {
    const metrics = { run_ms: 1, gflops: 2.5, note: 'x' }
    expect(ProofSchema.parse({ id: 'j', mode: 'cpu', output_sha: SHA, metrics }).metrics).toEqual(metrics)
  })

  it('refuse metrics that are not finite numbers from 0', () => {
    for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY, '1']) {
      expect(ProofSchema.safeParse({ id: 'j', mode: 'cpu', output_sha: SHA, metrics: { run_ms: value } }).success).toBe(false)
    }
  })
})

describe('money', () => {
  it.each(['0', '0.25', '1', '123456789.000000000000000001'])('takes %s', (text) => {
    expect(MoneySchema.parse(text)).toBe(text)
  })

  it.each(['', '.5', '1.', '01', '1e3', '-1', '+1', ' 1', '1,5', 'NaN', 0.25])('refuses %j', (text) => {
    expect(MoneySchema.safeParse(text).success).toBe(false)
  })

  it('takes a minus in a ledger', () => {
    expect(SignedMoneySchema.parse('-0.25')).toBe('-0.25')
  })
})

describe('primitives', () => {
  it('take UTC times as every date of the runtime prints them, and no other zone', () => {
    const dates = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
    fc.assert(
      fc.property(dates, (date) => {
        expect(UtcTimeSchema.parse(date.toISOString())).toBe(date.toISOString())
      }),
    )
    expect(UtcTimeSchema.safeParse('2025-09-26T13:37:00+00:00').success).toBe(true)
    for (const text of ['2025-09-26T13:37:00+02:00', '2025-09-26', '2025-13-01T00:00:00Z', '2025-09-26T13:37:00']) {
      expect(UtcTimeSchema.safeParse(text).success).toBe(false)
    }
  })

  it('take lower-case sha256 alone', () => {
    expect(Sha256Schema.safeParse('A'.repeat(64)).success).toBe(false)
    expect(Sha256Schema.safeParse('a'.repeat(63)).success).toBe(false)
  })
})

describe('answers', () => {
  it('offer a job by having an id', () => {
    expect(offersJob({ id: 'j' })).toBe(true)
    expect(offersJob({ id: '../bad' })).toBe(true)
    for (const body of [{}, { skipped: {} }, { id: null }, null, [], 'id']) expect(offersJob(body)).toBe(false)
  })

  it('to a heartbeat may be empty', () => {
    expect(HeartbeatAnswerSchema.parse({})).toEqual({})
  })

  it.each(['\ud800', 'x'.repeat(1025), ''])(
    'does not take %j for the lease of a heartbeat, which a proof has to be signed for',
    (id) => {
      const answer = { leases: [{ id, job_id: 'j', expires_at: '2026-01-01T00:00:00Z' }] }
      expect(HeartbeatAnswerSchema.safeParse(answer).success).toBe(false)
    },
  )

  it('to a proof name the reward with its unit, or bare', () => {
    const receipt = { id: 'j', status: 'accepted', output_sha: SHA, balance: '1' }
    expect(ReceiptSchema.safeParse({ ...receipt, reward: { amount: '0.25', unit: 'AITBC' } }).success).toBe(true)
    expect(ReceiptSchema.safeParse({ ...receipt, reward: '0.25' }).success).toBe(true)
  })

  it('read the query of next from strings', () => {
    expect(NextQuerySchema.parse({ miner: 'm', slots: '2', wait: '1.5' })).toEqual({ miner: 'm', slots: 2, wait: 1.5 })
    expect(NextQuerySchema.parse({ miner: 'm' })).toEqual({ miner: 'm', slots: 1, wait: 0 })
    expect(NextQuerySchema.safeParse({ miner: 'm', slots: 'many' }).success).toBe(false)
  })
})

describe('failures', () => {
  it('carry a known code', () => {
    const error = { code: 'E_OOM', message: 'over 1 GiB', retryable: true }
    expect(FailSchema.safeParse({ id: 'j', error }).success).toBe(true)
    expect(FailSchema.safeParse({ id: 'j', error: { ...error, code: 'E_NEW' } }).success).toBe(false)
  })

  it('of the API have a status of the specification each', () => {
    const known = new Set([400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503])
    for (const { status } of Object.values(API_ERRORS)) expect(known).toContain(status)
  })
})
