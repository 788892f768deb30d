import { errorCode } from '../domain/error-code.ts'

const PASSING: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO'])
/** SQLITE_IOERR and SQLITE_FULL, without what their extended codes have above. */
const PASSING_SQLITE: ReadonlySet<number> = new Set([10, 13])

/** Whether the system or SQLite refused for what may be otherwise in a while, with the same settings: a full disk above all. */
export function isPassingDiskError(error: unknown): boolean {
  if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number') {
    return PASSING_SQLITE.has(error.errcode & 0xff)
  }
  return PASSING.has(errorCode(error) ?? '')
}
