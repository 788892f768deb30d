import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { AitbcError } from '../domain/errors.ts'
import type { Job, Lease } from '../domain/job.ts'
import type { AcceptResult, DueOrder, Journal, JournalCounts, JournalEntry, OutboxEntry } from '../domain/journal.ts'
import type { Outcome, ProofOfCompute, Settlement } from '../domain/outcome.ts'
import type { CrashPointHook } from '../domain/crash-points.ts'
import { fileDataSync, GroupSync } from './group-sync.ts'
import type { JournalContext } from './journal-context.ts'
import { JournalDatabase } from './journal-database.ts'
import { JournalTally } from './journal-tally.ts'
import { prepareAccept } from './operations/accept.ts'
import { prepareCheck } from './operations/check.ts'
import { prepareDue } from './operations/due.ts'
import { prepareFollowClock } from './operations/follow-clock.ts'
import { prepareMarkRunning } from './operations/mark-running.ts'
import { prepareNextDueAtMs } from './operations/next-due-at-ms.ts'
import { preparePostpone } from './operations/postpone.ts'
import { preparePrune } from './operations/prune.ts'
import { prepareRecent } from './operations/recent.ts'
import { prepareRecordOutcome } from './operations/record-outcome.ts'
import { prepareRecover } from './operations/recover.ts'
import { prepareRenewLease } from './operations/renew-lease.ts'
import { prepareSettle } from './operations/settle.ts'
import { OutputFiles } from './output-files.ts'
import { reconcileOutputs } from './reconcile-outputs.ts'

export interface SqliteJournalOptions {
  /** An existing folder that no other process uses: hold its `StateDirLock` as long as the journal is open. */
  readonly stateDir: string
  /** @default node:crypto's randomUUID */
  readonly newKey?: () => string
  /** Called at each point of `JOURNAL_CRASH_POINTS`; production passes none. */
  readonly crashPoint?: CrashPointHook
}

type Operations = Omit<Journal, 'counts' | 'sync' | 'close'>

/**
 * The journal in SQLite: `journal.sqlite` in the state folder, with large outputs beside it in `outputs/`.
 * Calls are synchronous and take tens of microseconds; only what waits for the disk is a promise. Errors:
 * `AITBC_JOURNAL_WRITE` (the disk refuses), `AITBC_JOURNAL_OPEN` (the file is damaged), `AITBC_JOURNAL_STATE`.
 */
export class SqliteJournal implements Journal {
  readonly #database: JournalDatabase
  readonly #tally: JournalTally
  readonly #groupSync: GroupSync
  readonly #operations: Operations

  private constructor(context: JournalContext, groupSync: GroupSync) {
    this.#database = context.database
    this.#tally = context.tally
    this.#groupSync = groupSync
    this.#operations = prepareOperations(context)
  }

  /**
   * Opens the journal, brings it to the newest schema and removes outputs that no entry knows.
   * Throws `AITBC_JOURNAL_OPEN`, `AITBC_JOURNAL_NEWER` or `AITBC_JOURNAL_WRITE`; a file it cannot read is never touched.
   */
  static open(options: SqliteJournalOptions): SqliteJournal {
    const path = join(options.stateDir, 'journal.sqlite')
    const { crashPoint } = options
    const database = JournalDatabase.open(crashPoint === undefined ? { path } : { path, crashPoint })
    try {
      const outputs = new OutputFiles(join(options.stateDir, 'outputs'))
      reconcileOutputs(database, outputs)
      const tally = new JournalTally()
      tally.load(database)
      const groupSync = new GroupSync({ walPath: `${path}-wal`, commits: () => database.commits, dataSync: fileDataSync })
      groupSync.open()
      return new SqliteJournal({ database, tally, outputs, newKey: options.newKey ?? randomUUID }, groupSync)
    } catch (cause) {
      database.close()
      if (cause instanceof AitbcError) throw cause
      const text = cause instanceof Error ? cause.message : String(cause)
      throw new AitbcError(
        'AITBC_JOURNAL_OPEN',
        `the journal ${path} cannot be opened (${text}): check that STATE_DIR belongs to the user of the miner`,
        { cause, facts: { path } },
      )
    }
  }

  accept(job: Job, nowMs: number): AcceptResult {
    return this.#operations.accept(job, nowMs)
  }

  markRunning(seq: number, nowMs: number): void {
    this.#operations.markRunning(seq, nowMs)
  }

  recordOutcome(seq: number, outcome: Outcome, nowMs: number, sign?: (job: Job) => ProofOfCompute | null): Promise<OutboxEntry> {
    return this.#operations.recordOutcome(seq, outcome, nowMs, sign)
  }

  renewLease(seq: number, lease: Lease): void {
    this.#operations.renewLease(seq, lease)
  }

  settle(seq: number, settlement: Settlement, nowMs: number, deliveredKey?: string): boolean {
    return this.#operations.settle(seq, settlement, nowMs, deliveredKey)
  }

  postpone(seq: number, nextTryAtMs: number): void {
    this.#operations.postpone(seq, nextTryAtMs)
  }

  followClock(movedMs: number, nowMs: number): void {
    this.#operations.followClock(movedMs, nowMs)
  }

  due(nowMs: number, limit: number, order?: DueOrder): OutboxEntry[] {
    return this.#operations.due(nowMs, limit, order)
  }

  nextDueAtMs(): number | null {
    return this.#operations.nextDueAtMs()
  }

  recover(nowMs: number): JournalEntry[] {
    return this.#operations.recover(nowMs)
  }

  check(): void {
    this.#operations.check()
  }

  recent(limit: number): JournalEntry[] {
    return this.#operations.recent(limit)
  }

  counts(): JournalCounts {
    return this.#tally.counts()
  }

  async sync(): Promise<void> {
    try {
      await this.#groupSync.sync()
    } catch (cause) {
      const path = this.#database.path
      const text = cause instanceof Error ? cause.message : String(cause)
      throw new AitbcError(
        'AITBC_JOURNAL_WRITE',
        `the journal ${path} did not reach the disk (${text}): check the disk, then start the miner again`,
        { cause, facts: { path } },
      )
    }
  }

  prune(settledBeforeMs: number): number {
    return this.#operations.prune(settledBeforeMs)
  }

  /** Closes the files; done twice, it does nothing. */
  close(): void {
    this.#groupSync.close()
    this.#database.close()
  }
}

function prepareOperations(context: JournalContext): Operations {
  return {
    accept: prepareAccept(context),
    markRunning: prepareMarkRunning(context),
    recordOutcome: prepareRecordOutcome(context),
    renewLease: prepareRenewLease(context),
    settle: prepareSettle(context),
    postpone: preparePostpone(context),
    followClock: prepareFollowClock(context),
    due: prepareDue(context),
    nextDueAtMs: prepareNextDueAtMs(context),
    recover: prepareRecover(context),
    check: prepareCheck(context),
    recent: prepareRecent(context),
    prune: preparePrune(context),
  }
}
