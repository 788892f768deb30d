import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { errorOf } from '../../support/error-of.ts'
import { AitbcError } from '../../../src/domain/errors.ts'
import { sqliteError } from '../../../src/journal/sqlite-error.ts'

describe('sqliteError', () => {
  it('takes a database that cannot grow for one that cannot be written', () => {
    const database = new DatabaseSync(':memory:')
    database.exec('PRAGMA max_page_count = 2; CREATE TABLE t (x)')
    const cause = errorOf(() => database.prepare('INSERT INTO t VALUES (zeroblob(100000))').run())
    expect(sqliteError(cause, 'write', '/s/journal.sqlite')).toMatchObject({
      code: 'AITBC_JOURNAL_WRITE',
      cause,
      message: expect.stringContaining('/s/journal.sqlite'),
    })
  })

  it('takes a broken rule of the schema for a mistake of ours', () => {
    const database = new DatabaseSync(':memory:')
    database.exec('CREATE TABLE t (x NOT NULL)')
    expect(
      sqliteError(
        errorOf(() => database.exec('INSERT INTO t VALUES (NULL)')),
        'write',
        '/j',
      ).code,
    ).toBe('AITBC_BUG')
  })

  it('lets an error of ours pass', () => {
    const error = new AitbcError('AITBC_JOURNAL_STATE', 'text')
    expect(sqliteError(error, 'write', '/j')).toBe(error)
  })
})
