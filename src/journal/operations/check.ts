import type { Journal } from '../../domain/journal.ts'
import type { JournalContext } from '../journal-context.ts'
import { MIGRATIONS } from '../migrations/migrations.ts'

export function prepareCheck({ database }: JournalContext): Journal['check'] {
  // The number that stands there already: SQLite writes the page all the same.
  const write = database.prepare(`PRAGMA user_version = ${MIGRATIONS.length}`)
  return () =>
    database.transact('check', () => {
      write.run()
    })
}
