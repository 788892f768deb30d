import type { Journal } from '../../domain/journal.ts'
import { decodeEntry, ENTRY_COLUMNS } from '../decode-row.ts'
import type { JournalContext } from '../journal-context.ts'

export function prepareRecent({ database }: JournalContext): Journal['recent'] {
  const select = database.prepare(`SELECT ${ENTRY_COLUMNS} FROM jobs ORDER BY seq DESC LIMIT ?`)
  return (limit) => database.read('the history', () => select.all(limit)).map(decodeEntry)
}
