import { errorCode } from '../domain/error-code.ts'
import { sqliteCode } from '../domain/sqlite-code.ts'

const PASSING: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO'])
/** SQLITE_IOERR and SQLITE_FULL. */
const PASSING_SQLITE: ReadonlySet<number> = new Set([10, 13])

/** Whether the system or SQLite refused for what may be otherwise in a while, with the same settings: a full disk above all. */
export function isPassingDiskError(error: unknown): boolean {
  const sqlite = sqliteCode(error)
  if (sqlite !== null) return PASSING_SQLITE.has(sqlite)
  return PASSING.has(errorCode(error) ?? '')
}
