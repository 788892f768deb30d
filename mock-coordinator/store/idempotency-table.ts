import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { z } from 'zod'

const RecordSchema = z.object({ body_sha: z.string(), status: z.number(), body: z.string(), at_ms: z.number() })

/** A first answer, as it was given. */
export type IdempotencyRecord = z.infer<typeof RecordSchema>

/** First answers by the scope of their key, kept for a day and bounded in number. */
export class IdempotencyTable {
  static readonly #KEPT_MS = 24 * 3600 * 1000
  readonly #get: StatementSync
  readonly #put: StatementSync
  readonly #pruneOld: StatementSync
  readonly #pruneMany: StatementSync
  readonly #maxRecords: number

  constructor(database: DatabaseSync, maxRecords: number) {
    this.#get = database.prepare('SELECT body_sha, status, body, at_ms FROM idempotency WHERE scope = ? AND at_ms > ?')
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO idempotency (scope, body_sha, status, body, at_ms) VALUES (?, ?, ?, ?, ?)',
    )
    this.#pruneOld = database.prepare('DELETE FROM idempotency WHERE at_ms <= ?')
    this.#pruneMany = database.prepare('DELETE FROM idempotency WHERE id <= (SELECT max(id) FROM idempotency) - ?')
    this.#maxRecords = maxRecords
  }

  get(scope: string, nowMs: number): IdempotencyRecord | null {
    const row = this.#get.get(scope, nowMs - IdempotencyTable.#KEPT_MS)
    return row === undefined ? null : RecordSchema.parse(row)
  }

  put(scope: string, record: IdempotencyRecord): void {
    this.#put.run(scope, record.body_sha, record.status, record.body, record.at_ms)
  }

  prune(nowMs: number): void {
    this.#pruneOld.run(nowMs - IdempotencyTable.#KEPT_MS)
    this.#pruneMany.run(this.#maxRecords)
  }
}
