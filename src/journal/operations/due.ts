import type { StatementSync } from 'node:sqlite'
import type { DueOrder, Journal } from '../../domain/journal.ts'
import { decodeOutboxEntry, OUTBOX_COLUMNS } from '../decode-row.ts'
import type { JournalContext } from '../journal-context.ts'

export function prepareDue({ database, outputs }: JournalContext): Journal['due'] {
  const selectBy = (order: string): StatementSync =>
    database.prepare(
      `SELECT ${OUTBOX_COLUMNS} FROM outbox JOIN jobs USING (seq) WHERE next_try_at_ms <= ? ORDER BY ${order} LIMIT ?`,
    )
  const selects: Readonly<Record<DueOrder, StatementSync>> = {
    'longest due': selectBy('next_try_at_ms, seq'),
    oldest: selectBy('seq'),
  }
  return (nowMs, limit, order = 'longest due') =>
    database
      .read('the outbox', () => selects[order].all(nowMs, limit))
      .map((row) => decodeOutboxEntry(row, (seq) => outputs.pathOf(seq)))
}
