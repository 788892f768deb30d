import { onTestFinished } from 'vitest'
import { SqliteJournal } from '../../../src/journal/sqlite-journal.ts'

/** The journal of this folder, until the test has finished. */
export function openJournal(stateDir: string): SqliteJournal {
  const journal = SqliteJournal.open({ stateDir })
  onTestFinished(() => journal.close())
  return journal
}
