import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { SqliteJournal } from '../../../src/journal/sqlite-journal.ts'
import { errorOf } from '../../support/error-of.ts'
import { sampleJob } from '../../support/sample-jobs.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { openJournal } from './open-journal.ts'

const nowMs = Date.UTC(2026, 0, 1)

describe('opening a journal', () => {
  it('makes files that only its user can read', () => {
    const stateDir = tempDir()
    openJournal(stateDir).accept(sampleJob(), nowMs)
    const names = ['journal.sqlite', 'journal.sqlite-wal', 'journal.sqlite-shm']
    expect(names.map((name) => statSync(join(stateDir, name)).mode & 0o777)).toEqual([0o600, 0o600, 0o600])
    expect(statSync(join(stateDir, 'outputs')).mode & 0o777).toBe(0o700)
  })

  it('refuses a file that is no database, and leaves it as it is', () => {
    const stateDir = tempDir()
    const path = join(stateDir, 'journal.sqlite')
    writeFileSync(path, 'precious text '.repeat(100))
    expect(errorOf(() => SqliteJournal.open({ stateDir }))).toMatchObject({
      code: 'AITBC_JOURNAL_OPEN',
      message: expect.stringContaining(`move ${path}`),
      facts: { isDamaged: true },
    })
    expect(readFileSync(path, 'utf8')).toBe('precious text '.repeat(100))
  })

  it('refuses the database of another program, and leaves it as it is', () => {
    const stateDir = tempDir()
    const database = new DatabaseSync(join(stateDir, 'journal.sqlite'))
    database.exec('CREATE TABLE jobs (precious)')
    expect(errorOf(() => SqliteJournal.open({ stateDir }))).toMatchObject({
      code: 'AITBC_JOURNAL_OPEN',
      message: expect.stringContaining('the database of another program'),
      facts: { isDamaged: true },
    })
    expect(database.prepare('SELECT sql FROM sqlite_schema').all()).toEqual([{ sql: 'CREATE TABLE jobs (precious)' }])
    database.close()
  })

  it('refuses a damaged database', () => {
    const stateDir = tempDir()
    const journal = SqliteJournal.open({ stateDir })
    for (let n = 0; n < 200; n += 1) journal.accept(sampleJob({ id: `job_${n}` }), nowMs)
    journal.close()
    const path = join(stateDir, 'journal.sqlite')
    const bytes = readFileSync(path)
    bytes.fill(0x55, 4096)
    writeFileSync(path, bytes)
    expect(errorOf(() => SqliteJournal.open({ stateDir }).recent(1000))).toMatchObject({ code: 'AITBC_JOURNAL_OPEN' })
  })

  it('refuses the journal of a newer version', () => {
    const stateDir = tempDir()
    SqliteJournal.open({ stateDir }).close()
    const database = new DatabaseSync(join(stateDir, 'journal.sqlite'))
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(errorOf(() => SqliteJournal.open({ stateDir }))).toMatchObject({ code: 'AITBC_JOURNAL_NEWER', facts: { version: 99 } })
  })

  it('says which folder is missing', () => {
    const stateDir = join(tempDir(), 'none')
    expect(errorOf(() => SqliteJournal.open({ stateDir }))).toMatchObject({
      code: 'AITBC_JOURNAL_OPEN',
      message: expect.stringContaining(stateDir),
    })
  })

  it('takes an entry that does not decode for damage and names it', () => {
    const stateDir = tempDir()
    const journal = SqliteJournal.open({ stateDir })
    journal.accept(sampleJob(), nowMs)
    journal.close()
    const database = new DatabaseSync(join(stateDir, 'journal.sqlite'))
    database.exec(`UPDATE jobs SET job = '{"id": 7}'`)
    database.close()
    expect(errorOf(() => openJournal(stateDir).recent(1))).toMatchObject({ code: 'AITBC_JOURNAL_OPEN', facts: { seq: '1' } })
  })
})
