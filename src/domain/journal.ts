import type { Job } from './job.ts'
import type { Outcome, Settlement } from './outcome.ts'

/**
 * The way of a job through the journal:
 *
 *     accepted ──▶ running ──▶ proven ──┐
 *         │           │                 ├──▶ settled
 *         └───────────┴──────▶ failed ──┘
 *
 * `proven` and `failed` have an outbox row that waits for the coordinator; `settled` is final.
 */
export type JournalState = 'accepted' | 'running' | 'proven' | 'failed' | 'settled'

/** A journal entry. `seq` is local, rises by one a job, and names the job's work directory. */
export interface JournalEntry {
  readonly seq: number
  readonly job: Job
  readonly state: JournalState
  /** How often this job was taken up again after the daemon had died under it. */
  readonly recoveries: number
  /** ISO 8601 UTC. */
  readonly acceptedAt: string
  readonly updatedAt: string
  readonly settlement: Settlement | null
}

/** An outcome on its way to the coordinator. The key is made with the row, so a retry after a crash sends the same one. */
export interface OutboxEntry {
  readonly seq: number
  readonly job: Job
  readonly outcome: Outcome
  readonly idempotencyKey: string
  /** Deliveries tried so far. */
  readonly tries: number
  /** Epoch milliseconds. */
  readonly nextTryAtMs: number
  readonly createdAtMs: number
}

export type AcceptResult =
  | { readonly kind: 'accepted'; readonly entry: JournalEntry }
  /** The same job and attempt stands in the journal already: nothing was written. */
  | { readonly kind: 'known'; readonly entry: JournalEntry }

export interface JournalCounts {
  readonly accepted: number
  readonly running: number
  /** Outcomes that the coordinator has not taken yet. */
  readonly outbox: number
  readonly settled: number
}

/**
 * Durable record of every accepted job and every outcome not yet delivered.
 * Each method is one transaction: after a crash the journal stands before it or after it, never between.
 * A call against an entry in the wrong state throws `AITBC_JOURNAL_STATE`.
 */
export interface Journal {
  /** Records a job before it runs. A job with the same id and attempt is `known` (a coordinator may deliver twice). */
  accept(job: Job, nowMs: number): AcceptResult
  /** accepted → running. */
  markRunning(seq: number, nowMs: number): void
  /** accepted | running → proven | failed, and the outbox row with its idempotency key, in one transaction. */
  recordOutcome(seq: number, outcome: Outcome, nowMs: number): OutboxEntry
  /** proven | failed → settled, and the outbox row goes. */
  settle(seq: number, settlement: Settlement, nowMs: number): void
  /** A delivery failed: counts it and sets when to try again. */
  postpone(seq: number, nextTryAtMs: number): void
  /** Outbox rows whose time has come, oldest first, at most `limit`. */
  due(nowMs: number, limit: number): OutboxEntry[]
  /** When the next outbox row falls due, or null with an empty outbox. */
  nextDueAtMs(): number | null
  /** Jobs that a former daemon left accepted or running; `recoveries` of each is counted up by one and the state set to accepted. */
  recover(nowMs: number): JournalEntry[]
  /** Newest first. */
  recent(limit: number): JournalEntry[]
  counts(): JournalCounts
  /** Resolves when everything written so far is on the disk; calls made together share one sync. */
  sync(): Promise<void>
  /** Deletes settled entries older than the given time; returns how many. */
  prune(settledBeforeMs: number): number
  close(): void
}
