import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AitbcError } from '../domain/errors.ts'
import { sqliteCode } from '../domain/sqlite-code.ts'
import { FileIdentity } from './file-identity.ts'
import { makeFolder } from './make-folder.ts'
import { isPassingDiskError } from './passing-disk-error.ts'

const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

/**
 * Keeps a state folder for one process. The lock is that of an open exclusive transaction on a tiny SQLite file, hence a
 * lock of the kernel: it ends with the process, however that ends, so a stale one cannot be. The process number
 * beside it is for messages alone. Hold on to the object: a lock that is collected is a lock given up.
 */
export class StateDirLock {
  /** The file that is locked: where it is another one, the lock keeps nobody out. */
  readonly file: FileIdentity
  readonly #database: DatabaseSync

  private constructor(database: DatabaseSync, file: FileIdentity) {
    this.#database = database
    this.file = file
  }

  /**
   * Makes the folder with mode 0700 when there is none, and locks it. Throws `AITBC_ALREADY_RUNNING` when another process
   * holds it, `AITBC_STATE_DIR` when it cannot be used.
   */
  static acquire(stateDir: string): StateDirLock {
    const pidPath = join(stateDir, 'daemon.pid')
    const path = join(stateDir, 'daemon.lock')
    let database: DatabaseSync | undefined
    try {
      makeFolder(stateDir, 0o700)
      database = new DatabaseSync(path, { timeout: 0 })
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
      chmodSync(path, 0o600)
      writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 })
      return new StateDirLock(database, FileIdentity.ofOpen(path))
    } catch (cause) {
      database?.close()
      throw lockError(cause, { stateDir, path, pidPath })
    }
  }

  /** Gives the folder free; done twice, it does nothing. */
  release(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  [Symbol.dispose](): void {
    this.release()
  }
}

interface LockPaths {
  readonly stateDir: string
  readonly path: string
  readonly pidPath: string
}

function lockError(cause: unknown, { stateDir, path, pidPath }: LockPaths): AitbcError {
  const code = sqliteCode(cause)
  if (code === SQLITE_BUSY) {
    const pid = holderOf(pidPath)
    const holder = pid === null ? 'another aitbc-miner' : `another aitbc-miner (process ${pid})`
    return new AitbcError(
      'AITBC_ALREADY_RUNNING',
      `the state folder ${stateDir} is in use by ${holder}: stop that one, or give this one another STATE_DIR and CONTROL_SOCKET`,
      { facts: pid === null ? { stateDir } : { stateDir, pid } },
    )
  }
  const text = cause instanceof Error ? cause.message : String(cause)
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
    const message = `the lock file ${path} was written to by another program (${text}): remove it, nothing is lost, and start again`
    return new AitbcError('AITBC_STATE_DIR', message, { cause, facts: { stateDir, isPassing: false } })
  }
  const isPassing = isPassingDiskError(cause)
  const advice = isPassing
    ? 'see that its disk has room and works'
    : 'name a folder in STATE_DIR that the user of the miner may write to'
  return new AitbcError('AITBC_STATE_DIR', `the state folder ${stateDir} cannot be used (${text}): ${advice}`, {
    cause,
    facts: { stateDir, isPassing },
  })
}

/** What the holder wrote, if it has come so far. */
function holderOf(pidPath: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(pidPath, 'utf8'), 10)
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null
  } catch {
    return null
  }
}
