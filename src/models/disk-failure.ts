import { errorCode } from '../domain/error-code.ts'
import { JobFailureError } from '../domain/failure-codes.ts'

/** Names that a job chose and that no file can have, in the words of the system. */
const OF_THE_NAME: ReadonlySet<string> = new Set(['ENAMETOOLONG', 'ENOTDIR', 'EISDIR', 'EEXIST'])

/** What a job is told when what it wants cannot be kept on this machine's disk, with the system's error as the cause. */
export function diskFailure(path: string, cause: unknown): JobFailureError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const isName = OF_THE_NAME.has(errorCode(cause) ?? '')
  const what = isName ? 'no file of this name can be kept' : 'the disk of this miner cannot take the file'
  return new JobFailureError('E_INPUT', `${what} (${reason}): ${path.slice(-300)}`, { cause })
}

/** Runs what writes to the disk. Rejects with `E_INPUT` where that fails, and with failures that have a name already as they are. */
export async function onDisk<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (cause) {
    throw cause instanceof JobFailureError ? cause : diskFailure(path, cause)
  }
}
