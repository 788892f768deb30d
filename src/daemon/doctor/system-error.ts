import { errorCode } from '../../domain/error-code.ts'

/** Why it failed, in few words: the code of the system, or the message. */
export function reasonOf(error: unknown): string {
  const code = errorCode(error)
  if (code !== null && REASONS[code] !== undefined) return REASONS[code]
  return error instanceof Error ? error.message : String(error)
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of the path is no folder',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk does not answer',
}
