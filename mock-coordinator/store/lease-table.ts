import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { z } from 'zod'

const LeaseRowSchema = z.object({
  id: z.string(),
  job_id: z.string(),
  attempt: z.number(),
  key_id: z.string(),
  miner_id: z.string(),
  ended: z.enum(['proven', 'failed', 'lost', 'canceled', 'expired']).nullable(),
})
const ToTellRowSchema = z.object({ job_id: z.string() })

/** A lease, running (`ended` null) or past. */
export type LeaseRow = z.infer<typeof LeaseRowSchema>
export type LeaseEnding = NonNullable<LeaseRow['ended']>

/** The history of leases: who held which job at which attempt, and how it ended. */
export class LeaseTable {
  readonly #insert: StatementSync
  readonly #end: StatementSync
  readonly #ofJob: StatementSync
  readonly #toTell: StatementSync
  readonly #told: StatementSync

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare('INSERT INTO leases (id, job_id, attempt, key_id, miner_id) VALUES (?, ?, ?, ?, ?)')
    this.#end = database.prepare('UPDATE leases SET ended = ?, must_tell = ? WHERE id = ? AND ended IS NULL')
    this.#ofJob = database.prepare('SELECT * FROM leases WHERE job_id = ? AND key_id = ? ORDER BY attempt DESC')
    this.#toTell = database.prepare('SELECT job_id FROM leases WHERE key_id = ? AND miner_id = ? AND must_tell = 1')
    this.#told = database.prepare('UPDATE leases SET must_tell = 0 WHERE key_id = ? AND miner_id = ? AND must_tell = 1')
  }

  insert(lease: Omit<LeaseRow, 'ended'>): void {
    this.#insert.run(lease.id, lease.job_id, lease.attempt, lease.key_id, lease.miner_id)
  }

  /** `mustTell` has the job's id in the `cancel` of its miner's next heartbeat. */
  end(id: string, ending: LeaseEnding, mustTell: boolean): void {
    this.#end.run(ending, mustTell ? 1 : 0, id)
  }

  /** All leases of a job that this key has had, latest first. */
  ofJob(jobId: string, keyId: string): LeaseRow[] {
    return this.#ofJob.all(jobId, keyId).map((row) => LeaseRowSchema.parse(row))
  }

  /** Ids of canceled jobs that a miner was not told of, each once. */
  takeToTell(keyId: string, minerId: string): string[] {
    const rows = this.#toTell.all(keyId, minerId)
    if (rows.length > 0) this.#told.run(keyId, minerId)
    return rows.map((row) => ToTellRowSchema.parse(row).job_id)
  }
}
