import type { Journal } from '../../domain/journal.ts'
import type { JournalContext } from '../journal-context.ts'

/** A few milliseconds of work. */
const MAX_ENTRIES = 1_000

export function preparePrune({ database, tally }: JournalContext): Journal['prune'] {
  const remove = database.prepare(
    `DELETE FROM jobs WHERE seq IN (SELECT seq FROM jobs WHERE state = 'settled' AND updated_at_ms < ? ORDER BY updated_at_ms LIMIT ${MAX_ENTRIES})`,
  )
  return (settledBeforeMs) => {
    const removed = Number(database.transact('prune', () => remove.run(settledBeforeMs).changes))
    tally.move('settled', null, removed)
    return removed
  }
}
