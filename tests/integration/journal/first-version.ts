import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { JournalState } from '../../../src/domain/journal.ts'
import { encodeJob, encodeLease, encodeOutcome } from '../../../src/journal/encode-row.ts'
import { MIGRATIONS } from '../../../src/journal/migrations/migrations.ts'
import { sampleFailure, sampleJob, sampleProof } from '../../support/sample-jobs.ts'
import type { Model } from './journal-model.ts'

/** An entry of a journal that the first version wrote. */
export interface OldEntry {
  readonly job: number
  readonly attempt: number
  readonly state: JournalState
  readonly hasFile: boolean
}

/** Writes a journal as the first version did, and its entries into the model. */
export function writeFirstVersion(stateDir: string, model: Model, entries: readonly OldEntry[]): void {
  const database = new DatabaseSync(join(stateDir, 'journal.sqlite'))
  database.exec(`${MIGRATIONS[0] ?? ''}; PRAGMA user_version = 1;`)
  const putJob = database.prepare(
    'INSERT INTO jobs (job_id, attempt, lease, state, accepted_at_ms, updated_at_ms, settlement, job) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const putOutcome = database.prepare(
    'INSERT INTO outbox (seq, idempotency_key, next_try_at_ms, created_at_ms, outcome, output_kind, output) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  mkdirSync(join(stateDir, 'outputs'))
  for (const { job: number, attempt, state, hasFile } of entries) {
    const { nowMs, nextSeq: seq } = model
    const lease = `lease_${number}_${attempt}`
    const job = sampleJob({ id: `job_${number}`, attempt, lease: { id: lease, expiresAt: '2026-01-01T00:10:00Z' } })
    const settlement = state === 'settled' ? JSON.stringify({ kind: 'dropped', reason: 'lease lost' }) : null
    putJob.run(job.id, attempt, encodeLease(job.lease), state, nowMs, nowMs, settlement, encodeJob(job))
    const isWaiting = state === 'proven' || state === 'failed'
    const keepsFile = state === 'proven' && hasFile
    if (isWaiting) {
      const outcome = encodeOutcome(state === 'proven' ? sampleProof() : sampleFailure())
      const kind = state === 'failed' ? null : keepsFile ? 'file' : 'memory'
      putOutcome.run(seq, `old-${seq}`, nowMs, nowMs, outcome, kind, kind === 'memory' ? new Uint8Array(3) : null)
      if (keepsFile) writeFileSync(join(stateDir, 'outputs', String(seq)), 'output')
    }
    model.entries.push({
      seq,
      id: job.id,
      attempt,
      lease,
      state,
      recoveries: 0,
      updatedAtMs: nowMs,
      // The first version kept none.
      failureCode: null,
      isCredited: false,
      outbox: isWaiting ? { key: `old-${seq}`, tries: 0, dueMs: nowMs, hasFile: keepsFile } : null,
    })
    model.nextSeq += 1
  }
  database.close()
}
