import { describe, expect, it } from 'vitest'
import { jobFailure } from '../../../src/domain/failure-codes.ts'
import type { FailureCode } from '../../../src/domain/failure-codes.ts'
import type { Settlement } from '../../../src/domain/outcome.ts'
import { sampleFailure, sampleJob, sampleProof } from '../../support/sample-jobs.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { openJournal } from './open-journal.ts'

const nowMs = Date.UTC(2026, 0, 1)
const DROPPED: Settlement = { kind: 'dropped', reason: 'lease lost' }

describe('a job that is leased to us again', () => {
  it('keeps its entry and adopts lease and attempt while it is unsettled', () => {
    const journal = openJournal(tempDir())
    const { entry } = journal.accept(sampleJob(), nowMs)
    journal.markRunning(entry.seq, nowMs)
    const lease = { id: 'lease_2', expiresAt: '2026-01-01T00:30:00.000Z' }
    expect(journal.accept(sampleJob({ lease, attempt: 2 }), nowMs)).toMatchObject({
      kind: 'known',
      entry: { seq: entry.seq, state: 'running', job: { lease, attempt: 2 } },
    })
    expect(journal.recent(5)).toMatchObject([{ job: { lease, attempt: 2 } }])
  })

  it('has its waiting proof sent with a new key and unsigned, since the old signature names the old lease', async () => {
    const journal = openJournal(tempDir())
    const { entry } = journal.accept(sampleJob(), nowMs)
    const poc = { publicKey: 'ed25519:x', inputSha: 'b'.repeat(64), envSha: 'c'.repeat(64), signature: 's' }
    const before = await journal.recordOutcome(entry.seq, { ...sampleProof(), poc }, nowMs)
    journal.renewLease(entry.seq, { id: 'lease_1', expiresAt: '2026-01-01T00:30:00.000Z' })
    expect(journal.due(nowMs, 1)).toMatchObject([{ idempotencyKey: before.idempotencyKey, outcome: { poc } }])
    journal.accept(sampleJob({ lease: { id: 'lease_2', expiresAt: '2026-01-01T00:30:00.000Z' }, attempt: 2 }), nowMs)
    const [after] = journal.due(nowMs, 1)
    expect(after).toMatchObject({ outcome: { poc: null }, job: { attempt: 2 } })
    expect(after?.idempotencyKey).not.toBe(before.idempotencyKey)
  })

  it('keeps the lease for which it was canceled while the cancel waits to be told', async () => {
    const journal = openJournal(tempDir())
    const { entry } = journal.accept(sampleJob(), nowMs)
    const canceled = { kind: 'failed', failure: jobFailure('E_CANCELED', 'by the test'), metrics: {} } as const
    const waiting = await journal.recordOutcome(entry.seq, canceled, nowMs)
    const lease = { id: 'lease_2', expiresAt: '2026-01-01T00:30:00.000Z' }
    expect(journal.accept(sampleJob({ lease }), nowMs)).toMatchObject({ kind: 'known', isSameWork: true })
    expect(journal.due(nowMs, 2)).toEqual([waiting])
  })

  it('is not settled by the answer to what was sent under the old lease, unless that paid for it', async () => {
    const journal = openJournal(tempDir())
    const { entry } = journal.accept(sampleJob(), nowMs)
    const { idempotencyKey: sent } = await journal.recordOutcome(entry.seq, sampleProof(), nowMs)
    journal.accept(sampleJob({ lease: { id: 'lease_2', expiresAt: '2026-01-01T00:30:00.000Z' }, attempt: 2 }), nowMs)
    expect(journal.settle(entry.seq, DROPPED, nowMs, sent)).toBe(false)
    expect(journal.due(nowMs, 1)).toMatchObject([{ job: { attempt: 2 } }])
    expect(journal.settle(entry.seq, { kind: 'credited', reward: null, balance: null, unit: null }, nowMs, sent)).toBe(true)
    expect(journal.counts()).toMatchObject({ outbox: 0, settled: 1 })
  })

  it('is tried again at once when the failure that is on its way may pass, and told of once more when it may not', async () => {
    const journal = openJournal(tempDir())
    const fail = async (id: string, code: FailureCode) => {
      const { entry } = journal.accept(sampleJob({ id }), nowMs)
      await journal.recordOutcome(entry.seq, { kind: 'failed', failure: jobFailure(code, 'm'), metrics: {} }, nowMs)
      return journal.accept(sampleJob({ id, attempt: 2 }), nowMs)
    }
    expect(await fail('a', 'E_ENGINE')).toMatchObject({ kind: 'accepted', entry: { state: 'accepted', job: { attempt: 2 } } })
    expect(await fail('b', 'E_INVALID')).toMatchObject({ kind: 'known', entry: { state: 'failed', job: { attempt: 2 } } })
    expect(journal.counts()).toEqual({ accepted: 1, running: 0, outbox: 2, settled: 0 })
  })

  it.each(['E_CANCELED', 'E_SHUTDOWN'] as const)(
    'is begun anew when it had ended as %s, which goes its own way',
    async (code) => {
      const journal = openJournal(tempDir())
      const { entry } = journal.accept(sampleJob(), nowMs)
      const failure = { kind: 'failed', failure: jobFailure(code, 'm'), metrics: {} } as const
      const waiting = await journal.recordOutcome(entry.seq, failure, nowMs)
      const again = sampleJob({ lease: { id: 'lease_2', expiresAt: '2026-01-01T00:30:00.000Z' }, attempt: 2 })
      expect(journal.accept(again, nowMs)).toMatchObject({ kind: 'accepted', entry: { seq: 2, job: { attempt: 2 } } })
      expect(journal.due(nowMs, 5)).toEqual([waiting])
    },
  )

  it('leaves a settled entry alone when a lease is renewed late', async () => {
    const journal = openJournal(tempDir())
    const { entry } = journal.accept(sampleJob(), nowMs)
    await journal.recordOutcome(entry.seq, sampleFailure(), nowMs)
    journal.settle(entry.seq, { kind: 'reported' }, nowMs)
    journal.renewLease(entry.seq, { id: 'lease_9', expiresAt: '2026-01-01T00:30:00.000Z' })
    expect(journal.recent(1)).toMatchObject([{ job: { lease: { id: 'lease_1' } } }])
  })
})
