import type { Journal } from '../../domain/journal.ts'
import { decodeEntry, ENTRY_COLUMNS } from '../decode-row.ts'
import type { JournalContext } from '../journal-context.ts'

export function prepareRecover({ database, tally }: JournalContext): Journal['recover'] {
  const update = database.prepare(
    `UPDATE jobs SET state = 'accepted', recoveries = recoveries + 1, updated_at_ms = ? WHERE state IN ('accepted', 'running')`,
  )
  const select = database.prepare(`SELECT ${ENTRY_COLUMNS} FROM jobs WHERE state IN ('accepted', 'running') ORDER BY seq`)

  return (nowMs) => {
    const entries = database.transact('recover', () => {
      update.run(nowMs)
      return select.all().map(decodeEntry)
    })
    tally.move('running', 'accepted', tally.counts().running)
    return entries
  }
}
