import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { z } from 'zod'

const EventRowSchema = z.object({
  id: z.number(),
  job_id: z.string(),
  attempt: z.number(),
  type: z.enum(['state', 'token', 'progress', 'log']),
  at: z.string(),
  data: z.string(),
})

/** One event of a job's life; `data` is JSON. `id` rises over all jobs and serves as the id of a server-sent event. */
export type EventRow = z.infer<typeof EventRowSchema>
/** `minerSeq` is the miner's own number, by which an event sent twice is known; null for the coordinator's own. */
export type NewEvent = Omit<EventRow, 'id'> & { readonly minerSeq: number | null }

/** The events of all jobs, kept for replay. */
export class EventTable {
  readonly #insert: StatementSync
  readonly #after: StatementSync

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      `INSERT INTO events (job_id, attempt, miner_seq, type, at, data) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (job_id, attempt, miner_seq) DO NOTHING`,
    )
    this.#after = database.prepare(
      'SELECT id, job_id, attempt, type, at, data FROM events WHERE job_id = ? AND id > ? ORDER BY id',
    )
  }

  /** The stored event, or null when the miner had sent it before. */
  insert({ minerSeq, ...event }: NewEvent): EventRow | null {
    const result = this.#insert.run(event.job_id, event.attempt, minerSeq, event.type, event.at, event.data)
    return result.changes === 0 ? null : { ...event, id: Number(result.lastInsertRowid) }
  }

  after(jobId: string, lastId: number): EventRow[] {
    return this.#after.all(jobId, lastId).map((row) => EventRowSchema.parse(row))
  }
}
