import { describe, expect, it, onTestFinished } from 'vitest'
import { jobFailure } from '../../../src/domain/failure-codes.ts'
import { SqliteJournal } from '../../../src/journal/sqlite-journal.ts'
import { sampleJob, sampleProof } from '../../support/sample-jobs.ts'
import { tempDir } from '../../support/temp-dir.ts'

const nowMs = Date.UTC(2026, 0, 1)

function openJournal(stateDir: string): SqliteJournal {
  const journal = SqliteJournal.open({ stateDir })
  onTestFinished(() => journal.close())
  return journal
}

describe('a later attempt of a job whose outcome still waits for delivery', () => {
  it.each(['E_CANCELED', 'E_SHUTDOWN'] as const)(
    'is begun anew when the former attempt ended as %s, which goes its own way',
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

  it('keeps a proof that the coordinator has dropped under the former lease, to be sent under the new one', async () => {
    const journal = openJournal(tempDir())
    const { entry } = journal.accept(sampleJob(), nowMs)
    const { idempotencyKey } = await journal.recordOutcome(entry.seq, sampleProof(), nowMs)
    journal.accept(sampleJob({ lease: { id: 'lease_2', expiresAt: '2026-01-01T00:30:00.000Z' }, attempt: 2 }), nowMs)
    const dropped = { kind: 'dropped', reason: 'the lease went to another miner' } as const
    expect(journal.settle(entry.seq, dropped, nowMs, idempotencyKey)).toBe(false)
    const [waiting] = journal.due(nowMs, 5)
    expect(waiting).toMatchObject({ job: { attempt: 2 } })
    expect(journal.settle(entry.seq, dropped, nowMs, waiting?.idempotencyKey ?? '')).toBe(true)
    expect(journal.counts()).toMatchObject({ outbox: 0, settled: 1 })
  })
})
