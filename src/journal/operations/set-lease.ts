import type { Lease } from '../../domain/job.ts'
import { encodeLease } from '../encode-row.ts'
import type { JournalDatabase } from '../journal-database.ts'

export interface LeaseChange {
  readonly seq: number
  readonly before: { readonly attempt: number; readonly lease: Lease | null }
  readonly attempt: number
  readonly lease: Lease | null
}

/**
 * Writes lease and attempt of an unsettled entry. A proof names both and its signature covers them, so that with either
 * the body of a waiting delivery changes: the old idempotency key would be refused with it, and a signature made for
 * the old lease as false. So it gets a new key and goes unsigned. To be called inside a transaction.
 */
export function prepareSetLease(database: JournalDatabase, newKey: () => string): (change: LeaseChange) => void {
  const update = database.prepare('UPDATE jobs SET attempt = ?, lease = ? WHERE seq = ?')
  const renewKey = database.prepare(
    `UPDATE outbox SET idempotency_key = ?, outcome = json_replace(outcome, '$.poc', NULL) WHERE seq = ?`,
  )

  return ({ seq, before, attempt, lease }) => {
    update.run(attempt, encodeLease(lease), seq)
    if (before.attempt !== attempt || before.lease?.id !== lease?.id) renewKey.run(newKey(), seq)
  }
}
