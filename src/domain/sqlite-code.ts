/**
 * The primary result code that SQLite gave an error (https://www.sqlite.org/rescode.html), without what an extended one adds above the
 * lowest byte; null for any other error.
 */
export function sqliteCode(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : null
}
