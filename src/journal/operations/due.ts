import type { Journal } from '../../domain/journal.ts'
import { decodeOutboxEntry, OUTBOX_COLUMNS } from '../decode-row.ts'
import type { JournalContext } from '../journal-context.ts'

export function prepareDue({ database, outputs }: JournalContext): Journal['due'] {
  const select = database.prepare(
    `SELECT ${OUTBOX_COLUMNS} FROM outbox JOIN jobs USING (seq) WHERE next_try_at_ms <= ? ORDER BY next_try_at_ms, seq LIMIT ?`,
  )
  return (nowMs, limit) =>
    database.read('the outbox', () => select.all(nowMs, limit)).map((row) => decodeOutboxEntry(row, (seq) => outputs.pathOf(seq)))
}
