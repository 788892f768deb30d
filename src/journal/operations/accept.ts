import { FAILURE_CODES } from '../../domain/failure-codes.ts'
import type { Journal, JournalEntry } from '../../domain/journal.ts'
import type { Job } from '../../domain/job.ts'
import { decodeEntry, ENTRY_COLUMNS } from '../decode-row.ts'
import { encodeJob, encodeLease } from '../encode-row.ts'
import { isSameWork } from '../is-same-work.ts'
import type { JournalContext } from '../journal-context.ts'
import { mayBeDoneAgain } from '../may-be-done-again.ts'
import { prepareSetLease } from './set-lease.ts'

export function prepareAccept({ database, tally, newKey }: JournalContext): Journal['accept'] {
  const findNewest = database.prepare(
    `SELECT ${ENTRY_COLUMNS} FROM jobs WHERE job_id = ? ORDER BY attempt DESC, seq DESC LIMIT 1`,
  )
  const countEntries = database.prepare('SELECT count(*) AS n FROM jobs WHERE job_id = ? AND attempt = ?')
  const insert = database.prepare(
    `INSERT INTO jobs (job_id, attempt, lease, state, accepted_at_ms, updated_at_ms, job) VALUES (?, ?, ?, 'accepted', ?, ?, ?)`,
  )
  const setLease = prepareSetLease(database, newKey)

  return (job, nowMs) => {
    const result = database.transact('accept', () => {
      const row = findNewest.get(job.id)
      if (row !== undefined) {
        const entry = decodeEntry(row)
        if (entry.state !== 'settled' && !isTriedAgain(entry, job)) {
          if (!isSameWork(entry.job, job)) return { kind: 'known', entry, isSameWork: false } as const
          // A cancel belongs to the lease for which it was: reported under a new one, it would end a job that is wanted.
          if (entry.failureCode === 'E_CANCELED') return { kind: 'known', entry, isSameWork: true } as const
          return { kind: 'known', entry: { ...entry, job: adopt(entry.seq, entry.job, job) }, isSameWork: true } as const
        }
        const isSame = job.attempt === entry.job.attempt
        if (
          job.attempt < entry.job.attempt ||
          (isSame && !mayBeDoneAgain({ newest: entry, entries: entriesOf(job), job, nowMs }))
        )
          return { kind: 'known', entry, isSameWork: true } as const
      }
      const { lastInsertRowid } = insert.run(job.id, job.attempt, encodeLease(job.lease), nowMs, nowMs, encodeJob(job))
      const at = new Date(nowMs).toISOString()
      const seq = Number(lastInsertRowid)
      const entry = {
        seq,
        job,
        state: 'accepted',
        recoveries: 0,
        acceptedAt: at,
        updatedAt: at,
        failureCode: null,
        settlement: null,
      } as const
      return { kind: 'accepted', entry } as const
    })
    if (result.kind === 'accepted') tally.move(null, 'accepted')
    return result
  }

  function entriesOf(job: Job): number {
    return Number(countEntries.get(job.id, job.attempt)?.['n'] ?? 0)
  }

  /** The work under way serves the new lease as well as the old one; an older attempt's lease is worth nothing. */
  function adopt(seq: number, held: Job, offered: Job): Job {
    const isNewer = offered.attempt > held.attempt || (offered.attempt === held.attempt && offered.lease !== null)
    if (!isNewer) return held
    setLease({ seq, attempt: offered.attempt, before: held, lease: offered.lease })
    return { ...held, attempt: offered.attempt, lease: offered.lease }
  }
}

/**
 * The coordinator has moved on from a failure that it wants to see tried again, or takes back a cancel: to report either once more would
 * use up the new attempt.
 */
function isTriedAgain({ state, job: { attempt }, failureCode }: JournalEntry, offered: Job): boolean {
  if (state !== 'failed' || failureCode === null || offered.attempt <= attempt) return false
  return FAILURE_CODES[failureCode].retryable || failureCode === 'E_CANCELED'
}
