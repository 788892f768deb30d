import type { Journal } from '../../domain/journal.ts'
import type { JournalContext } from '../journal-context.ts'

export function prepareIsUnchanged({ database }: JournalContext): Journal['isUnchanged'] {
  const select = database.prepare('SELECT idempotency_key AS key FROM outbox WHERE seq = ?')
  return ({ seq, idempotencyKey }) => database.read('the outbox', () => select.get(seq))?.['key'] === idempotencyKey
}
