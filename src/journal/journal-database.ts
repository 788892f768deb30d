import { chmodSync, closeSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { errorCode } from '../domain/error-code.ts'
import { AitbcError } from '../domain/errors.ts'
import type { CrashPointHook, JournalCrashPoint, JournalOperation } from '../domain/crash-points.ts'
import { MIGRATIONS } from './migrations/migrations.ts'
import { noJournal, sqliteError } from './sqlite-error.ts'

const BUSY_TIMEOUT_MS = 2_000
/** 16 MiB of log between checkpoints: each costs two syncs on the calling thread. */
const CHECKPOINT_PAGES = 4_096

export interface JournalDatabaseOptions {
  readonly path: string
  /** Called at each named point; only tests pass one, to die there. */
  readonly crashPoint?: CrashPointHook
}

/**
 * The connection: opens and migrates the file, runs transactions, and turns the errors of SQLite into ours.
 *
 * Never open the database or its `-shm` file by other means while this is open in the same process: closing any
 * descriptor of a file drops the POSIX locks that SQLite holds on it.
 */
export class JournalDatabase {
  readonly path: string
  readonly #database: DatabaseSync
  readonly #crashPoint: CrashPointHook | undefined
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #rollback: StatementSync
  #commits = 0

  private constructor(database: DatabaseSync, options: JournalDatabaseOptions) {
    this.path = options.path
    this.#database = database
    this.#crashPoint = options.crashPoint
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
    this.#rollback = database.prepare('ROLLBACK')
  }

  /** Opens the file, made with mode 0600 when there is none, and brings it to the newest schema. */
  static open(options: JournalDatabaseOptions): JournalDatabase {
    let database: DatabaseSync | undefined
    try {
      // The log and the shared-memory file take their mode from the database.
      createPrivate(options.path)
      database = new DatabaseSync(options.path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true })
      database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};`)
      const opened = new JournalDatabase(database, options)
      opened.#migrate()
      syncDirectory(dirname(options.path))
      return opened
    } catch (error) {
      database?.close()
      throw openError(error, options.path)
    }
  }

  /** Transactions committed by this connection, to tell whether there is something to sync. */
  get commits(): number {
    return this.#commits
  }

  crashPoint(name: JournalCrashPoint): void {
    this.#crashPoint?.(name)
  }

  prepare(sql: string): StatementSync {
    return this.#database.prepare(sql)
  }

  /** Runs `body` as one transaction; an error undoes it. */
  transact<T>(operation: JournalOperation, body: () => T): T {
    try {
      this.#begin.run()
      const result = body()
      this.#crashPoint?.(`${operation}:before-commit`)
      this.#commit.run()
      this.#commits += 1
      this.#crashPoint?.(`${operation}:after-commit`)
      return result
    } catch (error) {
      this.#undo()
      throw sqliteError(error, `write (${operation})`, this.path)
    }
  }

  /** Runs statements that only read. */
  read<T>(what: string, body: () => T): T {
    try {
      return body()
    } catch (error) {
      throw sqliteError(error, `read ${what}`, this.path)
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #undo(): void {
    // A full disk makes SQLite roll back by itself.
    if (!this.#database.isOpen || !this.#database.isTransaction) return
    try {
      this.#rollback.run()
    } catch {
      // The first error is the one to report; the next BEGIN fails if this state lasts.
    }
  }

  #migrate(): void {
    const version = this.#version()
    if (version > MIGRATIONS.length) {
      throw new AitbcError(
        'AITBC_JOURNAL_NEWER',
        `the journal ${this.path} was written by a newer aitbc-miner (schema ${version}, this one knows ${MIGRATIONS.length}): install that version again, ` +
          'or start with another STATE_DIR',
        { facts: { path: this.path, version, known: MIGRATIONS.length } },
      )
    }
    if (version === 0 && this.#hasTables()) throw noJournal(this.path, 'it is the database of another program')
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < version) continue
      this.transact('migrate', () => this.#database.exec(`${sql}; PRAGMA user_version = ${index + 1};`))
    }
  }

  #hasTables(): boolean {
    return this.#database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined
  }

  #version(): number {
    const version = this.#database.prepare('PRAGMA user_version').get()?.['user_version']
    return typeof version === 'number' ? version : 0
  }
}

function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
    chmodSync(path, 0o600)
  }
}

/** Makes the names of new files durable; the content has syncs of its own. */
function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function openError(cause: unknown, path: string): AitbcError {
  const error = sqliteError(cause, 'be opened', path)
  if (error.code !== 'AITBC_BUG') return error
  const text = cause instanceof Error ? cause.message : String(cause)
  return new AitbcError(
    'AITBC_JOURNAL_OPEN',
    `the journal ${path} cannot be opened (${text}): check that STATE_DIR exists and belongs to the user of the miner`,
    {
      cause,
      facts: { path },
    },
  )
}
