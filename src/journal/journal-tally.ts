import type { JournalCounts, JournalState } from '../domain/journal.ts'
import type { JournalDatabase } from './journal-database.ts'

/**
 * How many entries are in which state. Counted once, at opening, and then kept along with each commit: the journal
 * has one writer, and counting a history of a million entries for each status line would hold up the jobs.
 */
export class JournalTally {
  readonly #byState: Record<JournalState, number> = { accepted: 0, running: 0, proven: 0, failed: 0, settled: 0 }

  /** Counts what stands in the database; to be called once. */
  load(database: JournalDatabase): void {
    const rows = database.read('the counts', () =>
      database
        .prepare(
          `SELECT state, count(*) AS n FROM jobs WHERE state IN ('accepted', 'running') GROUP BY state
           UNION ALL SELECT state, count(*) FROM outbox JOIN jobs USING (seq) GROUP BY state
           UNION ALL SELECT 'settled', count(*) FROM jobs WHERE state = 'settled'`,
        )
        .all(),
    )
    for (const { state, n } of rows) if (isState(state)) this.#byState[state] = Number(n)
  }

  /** Notes that `n` entries went from one state to another; null stands for being in no journal. */
  move(from: JournalState | null, to: JournalState | null, n = 1): void {
    if (from !== null) this.#byState[from] -= n
    if (to !== null) this.#byState[to] += n
  }

  counts(): JournalCounts {
    const { accepted, running, proven, failed, settled } = this.#byState
    return { accepted, running, outbox: proven + failed, settled }
  }
}

function isState(value: unknown): value is JournalState {
  return value === 'accepted' || value === 'running' || value === 'proven' || value === 'failed' || value === 'settled'
}
