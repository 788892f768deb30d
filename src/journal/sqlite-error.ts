import { AitbcError } from '../domain/errors.ts'
import { sqliteCode } from '../domain/sqlite-code.ts'

const READING_FAILED = new Set([/* SQLITE_CORRUPT */ 11, /* SQLITE_NOTADB */ 26])
/** PERM, BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL: the disk or its owner, not our SQL. */
const WRITING_FAILED = new Set([3, 5, 6, 7, 8, 10, 13, 14, 15])

/**
 * What a failed call of SQLite means for the operator. `doing` says what was attempted, e.g. `record an outcome`.
 * An error of our own passes unchanged.
 */
export function sqliteError(cause: unknown, doing: string, path: string): AitbcError {
  if (cause instanceof AitbcError) return cause
  const text = cause instanceof Error ? cause.message : String(cause)
  const code = sqliteCode(cause) ?? 0
  if (READING_FAILED.has(code)) {
    return noJournal(path, text, cause)
  }
  if (WRITING_FAILED.has(code)) {
    return new AitbcError(
      'AITBC_JOURNAL_WRITE',
      `the journal ${path} could not ${doing} (${text}): check that the disk has space and works, that STATE_DIR is writable, and that no other program has the journal open`,
      { cause, facts: { path } },
    )
  }
  return new AitbcError('AITBC_BUG', `the journal ${path} could not ${doing} (${text}): please report it`, {
    cause,
    facts: { path },
  })
}

/** A file in place of the journal that cannot be read as one. `text` says why. */
export function noJournal(path: string, text: string, cause?: unknown): AitbcError {
  return new AitbcError(
    'AITBC_JOURNAL_OPEN',
    `the journal ${path} is damaged or no journal at all (${text}): stop the miner, move ${path} and the files named ${path}-wal and ${path}-shm away ` +
      'together and start again; keep them, since they hold the outcomes not yet delivered',
    { cause, facts: { path, isDamaged: true } },
  )
}
