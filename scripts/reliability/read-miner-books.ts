import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { MinerBooks } from './books.ts'

const EntryRow = z.object({ jobId: z.string(), state: z.string(), settlement: z.string().nullable() })
const CountRow = z.object({ rows: z.number() })

/** Reads the journal in `stateDir` of a miner that has ended, and what lies about of its work. */
export function readMinerBooks({
  stateDir,
  workDir,
}: {
  readonly stateDir: string
  readonly workDir: string
}): Omit<MinerBooks, 'orphans'> {
  return { ...readJournal(join(stateDir, 'journal.sqlite')), leftovers: leftoversOf(stateDir, workDir) }
}

function readJournal(path: string): Pick<MinerBooks, 'entries' | 'outbox'> {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  try {
    const rows = database
      .prepare(`SELECT job_id AS jobId, state, json_extract(settlement, '$.kind') AS settlement FROM jobs ORDER BY seq`)
      .all()
    return {
      entries: z.array(EntryRow).parse(rows),
      outbox: CountRow.parse(database.prepare('SELECT count(*) AS rows FROM outbox').get()).rows,
    }
  } finally {
    database.close()
  }
}

/** Folders of jobs, outputs in keeping, and files that were never finished. */
function leftoversOf(stateDir: string, workDir: string): string[] {
  const scopes = namesIn(workDir).map((scope) => join(workDir, scope))
  return [
    ...scopes.flatMap((scope) => namesIn(scope).map((name) => join(scope, name))),
    ...namesIn(join(stateDir, 'outputs')).map((name) => join(stateDir, 'outputs', name)),
    ...namesIn(stateDir)
      .filter((name) => name.endsWith('.part'))
      .map((name) => join(stateDir, name)),
  ]
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}
