import type { Journal } from '../../domain/journal.ts'
import type { JournalContext } from '../journal-context.ts'

export function prepareNextDueAtMs({ database }: JournalContext): Journal['nextDueAtMs'] {
  const select = database.prepare('SELECT min(next_try_at_ms) AS at FROM outbox')
  return () => {
    const at = database.read('the outbox', () => select.get())?.['at']
    return typeof at === 'number' ? at : null
  }
}
