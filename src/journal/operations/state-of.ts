import type { JournalDatabase } from '../journal-database.ts'

/** Reads the state of an entry; null when there is none. To be called inside a transaction. */
export function prepareStateOf(database: JournalDatabase): (seq: number) => string | null {
  const select = database.prepare('SELECT state FROM jobs WHERE seq = ?')
  return (seq) => {
    const state = select.get(seq)?.['state']
    return typeof state === 'string' ? state : null
  }
}
