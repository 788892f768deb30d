import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { MinerBooks } from './books.ts'

const EntryRow = z.object({ jobId: z.string(), state: z.string(), settlement: z.string().nullable() })
const CountRow = z.object({ rows: z.number() })

export interface MinerFolders {
  readonly stateDir: string
  readonly workDir: string
  /** The temporary folders of its lives. */
  readonly tmpDirs: string
}

/** Reads the journal in `stateDir` of a miner that has ended, and what lies about of its work. */
export function readMinerBooks(folders: MinerFolders): Omit<MinerBooks, 'orphans'> {
  return { ...readJournal(join(folders.stateDir, 'journal.sqlite')), leftovers: leftoversOf(folders) }
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

/** Folders of jobs, outputs in keeping, temporary files, and files that were never finished. */
function leftoversOf({ stateDir, workDir, tmpDirs }: MinerFolders): string[] {
  return [
    ...pathsIn(workDir).flatMap(pathsIn),
    ...pathsIn(tmpDirs).flatMap(pathsIn),
    ...pathsIn(join(stateDir, 'outputs')),
    ...pathsIn(stateDir).filter((path) => path.endsWith('.part')),
  ]
}

function pathsIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
}
