import type { JournalDatabase } from './journal-database.ts'
import type { JournalTally } from './journal-tally.ts'
import type { OutputFiles } from './output-files.ts'

/** What the operations share. Each operation is a function of this that prepares its statements and returns the method. */
export interface JournalContext {
  readonly database: JournalDatabase
  readonly tally: JournalTally
  readonly outputs: OutputFiles
  /** Makes idempotency keys: a new UUID v4 each time. */
  readonly newKey: () => string
}
