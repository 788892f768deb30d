import type { FailureCode } from './failure-codes.ts'
import type { Job, Lease } from './job.ts'
import type { Outcome, ProofOfCompute, Settlement } from './outcome.ts'

/** A job that was running each time the daemon died is perhaps the cause of it: no more often than this it is taken up again. */
export const MAX_RECOVERIES = 2

/** The longest that one outcome waits for its next delivery, whatever the coordinator asks for. */
export const MAX_DELIVERY_PAUSE_MS = 3_600_000

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

/** A journal entry. `seq` is local and rises by one a job. */
export interface JournalEntry {
  readonly seq: number
  readonly job: Job
  readonly state: JournalState
  /** How often this job was taken up again after the daemon had died under it. */
  readonly recoveries: number
  /** ISO 8601 UTC. */
  readonly acceptedAt: string
  readonly updatedAt: string
  /** How it failed; null unless it did, and for entries settled by a version that did not keep it. */
  readonly failureCode: FailureCode | null
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
  /**
   * The same job stands in the journal already, and it is not to be done (again): it is unsettled, or settled with this
   * attempt or a later one. An unsettled entry has taken over the lease and the attempt of the job just offered, since it is the same work;
   * otherwise nothing was written. An entry whose failure waits to be told counts as settled where another try may succeed.
   */
  | {
      readonly kind: 'known'
      readonly entry: JournalEntry
      /** False when the same id was offered for other work than the unsettled entry's: then the entry stays as it is. */
      readonly isSameWork: boolean
    }

export type DueOrder = 'longest due' | 'oldest'

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
  /**
   * Records a job before it runs. A job with the same id and attempt is `known` (a coordinator may deliver twice), unless
   * it ended here without credit for a cause that may have passed: a coordinator that counts no attempts offers it again
   * as it was. A later attempt of a settled job is a new entry, and so is one of a job whose retryable failure is on its way: the coordinator
   * can have taken that before its answer is read here. Of any other unsettled job a later attempt is `known`, and the entry adopts
   * its lease.
   */
  accept(job: Job, nowMs: number): AcceptResult
  /** accepted → running. */
  markRunning(seq: number, nowMs: number): void
  /**
   * accepted | running → proven | failed, and the outbox row with its idempotency key, in one transaction. An output
   * file is first moved into the journal's keeping: the returned entry names its new path, and the old one is gone.
   * After `AITBC_JOURNAL_WRITE` it can be called again with the same outcome. `sign` makes the signature of a proof for
   * the lease and attempt under which it is recorded, since they may have changed while the job ran; without it the
   * outcome's own stands.
   */
  recordOutcome(seq: number, outcome: Outcome, nowMs: number, sign?: (job: Job) => ProofOfCompute | null): Promise<OutboxEntry>
  /**
   * Notes the lease that the coordinator renewed. A lease with another id gives a waiting outcome a new idempotency key,
   * since its proof is another body. A settled entry is left as it is.
   */
  renewLease(seq: number, lease: Lease): void
  /**
   * proven | failed → settled, and the outbox row goes with its output. `deliveredKey` is the key of the delivery that was answered so: where
   * the row has another by now, an answer other than a credit was about a hold that is over, and nothing is changed. Returns whether it is settled.
   */
  settle(seq: number, settlement: Settlement, nowMs: number, deliveredKey?: string): boolean
  /** A delivery failed: counts it and sets when to try again. */
  postpone(seq: number, nextTryAtMs: number): void
  /**
   * The wall clock has moved by so much: the age of waiting outcomes stays what it was, and none waits longer than it
   * would have. With 0, for a clock that moved while no daemon ran, none waits longer than `MAX_DELIVERY_PAUSE_MS`.
   */
  followClock(movedMs: number, nowMs: number): void
  /**
   * Outbox rows whose time has come, at most `limit`: the one that fell due first at the head, or, where `order` says so, the one whose
   * job was accepted first.
   */
  due(nowMs: number, limit: number, order?: DueOrder): OutboxEntry[]
  /** When the next outbox row falls due, or null with an empty outbox. */
  nextDueAtMs(): number | null
  /** Jobs that a former daemon left accepted or running; `recoveries` of each is counted up by one and the state set to accepted. */
  recover(nowMs: number): JournalEntry[]
  /** Writes to the disk what changes nothing. Throws `AITBC_JOURNAL_WRITE` while that fails. */
  check(): void
  /** Newest first. */
  recent(limit: number): JournalEntry[]
  counts(): JournalCounts
  /** Resolves when everything written so far is on the disk; calls made together share one sync. */
  sync(): Promise<void>
  /** Deletes settled entries older than the given time, at most 1,000 a call so that no caller waits long; returns how many. */
  prune(settledBeforeMs: number): number
  close(): void
}
