import type { JournalDatabase } from './journal-database.ts'
import type { OutputFiles } from './output-files.ts'

/**
 * Brings rows and output files together at opening. A file without a row is what a crash leaves, and goes. A row without
 * its file is what a person's cleaning leaves: the work is lost, so the entry is set back to running, for `recover` to
 * find it and have the job run again.
 */
export function reconcileOutputs(database: JournalDatabase, outputs: OutputFiles): void {
  const rows = database.read('the outbox', () => database.prepare(`SELECT seq FROM outbox WHERE output_kind = 'file'`).all())
  const missing = outputs.open(new Set(rows.map(({ seq }) => Number(seq))))
  if (missing.length === 0) return
  const forget = database.prepare('DELETE FROM outbox WHERE seq = ?')
  const setBack = database.prepare(`UPDATE jobs SET state = 'running' WHERE seq = ?`)
  database.transact('reconcile', () => {
    for (const seq of missing) {
      forget.run(seq)
      setBack.run(seq)
    }
  })
}
