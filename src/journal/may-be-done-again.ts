import { MAX_RECOVERIES } from '../domain/journal.ts'
import type { Job } from '../domain/job.ts'
import type { JournalEntry } from '../domain/journal.ts'
import type { FailureCode } from '../domain/failure-codes.ts'

/** One attempt of a job is entered no more often than this, however it ends. */
const MAX_ENTRIES = 8
/** After a failure of the job itself; doubled with each further one. */
const FIRST_PAUSE_MS = 60_000

/**
 * What the same job may meet differently the next time on this machine. Params that do not fit, a limit of its own, a
 * cancel, or a thing that this miner does not do stay as they are.
 */
const MAY_PASS: Readonly<Record<FailureCode, 'at once' | 'after a pause' | 'never'>> = {
  E_SHUTDOWN: 'at once',
  E_ENGINE: 'after a pause',
  E_INPUT: 'after a pause',
  E_OOM: 'after a pause',
  E_NOGPU: 'after a pause',
  E_UNSUPPORTED: 'never',
  E_DENY: 'never',
  E_INVALID: 'never',
  E_TIMEOUT: 'never',
  E_OUTPUT: 'never',
  E_CANCELED: 'never',
}

export interface Reoffer {
  /** The job's newest entry, settled. */
  readonly newest: JournalEntry
  /** How often this attempt stands in the journal. */
  readonly entries: number
  /** As offered now. */
  readonly job: Job
  readonly nowMs: number
}

/**
 * True when a job whose newest entry is settled may be done again under the same attempt. A coordinator of the core
 * profile counts no attempts: it offers a job that came to nothing as it was. Never one that was credited; never one
 * under which the daemon died again and again; and neither fast nor for ever one that fails each time.
 *
 * An entry without a failure code is a proof that was dropped.
 */
export function mayBeDoneAgain({ newest, entries, job, nowMs }: Reoffer): boolean {
  if (newest.settlement?.kind !== 'dropped' && newest.settlement?.kind !== 'reported') return false
  // Of a reported failure an earlier version has kept no code.
  if (newest.settlement.kind === 'reported' && newest.failureCode === null) return false
  if (entries >= MAX_ENTRIES || newest.recoveries > MAX_RECOVERIES) return false
  const when =
    newest.failureCode === null ? 'after a pause' : hasNewLeaseAfterCancel(newest, job) ? 'at once' : MAY_PASS[newest.failureCode]
  if (when === 'never') return false
  const restedMs = Math.abs(nowMs - Date.parse(newest.updatedAt))
  return when === 'at once' || restedMs >= FIRST_PAUSE_MS * 2 ** (entries - 1)
}

/** Given up because its lease was lost, and handed out anew: a job that its client has canceled gets no new lease. */
function hasNewLeaseAfterCancel({ failureCode, job: given }: JournalEntry, offered: Job): boolean {
  return failureCode === 'E_CANCELED' && given.lease !== null && offered.lease !== null && given.lease.id !== offered.lease.id
}
