import { closeSync, fdatasync, openSync } from 'node:fs'

export interface GroupSyncDeps {
  readonly walPath: string
  /** How many commits were made so far. */
  readonly commits: () => number
  readonly dataSync: (descriptor: number) => Promise<void>
}

/**
 * Makes all commits so far durable by one `fdatasync` of the write-ahead log, off the main thread. Calls made while
 * one is running share the next: many jobs that end together wait for one disk write, not each for its own.
 *
 * Why the log is enough. With `journal_mode = WAL` and `synchronous = NORMAL` a commit is written to the log but not
 * synced; SQLite itself syncs at two moments, and each keeps the rule that a commit is in the synced part of the
 * log or in the synced database:
 *
 * - Before a checkpoint copies pages into the database it syncs the log, and the database after.
 * - Only when all of the log has been copied and synced so does the next writer start it anew from its beginning,
 *   under new salts and a synced header; frames left over from before no longer count. So an overwritten commit is
 *   in the database.
 *
 * A commit that a caller waits for is hence either in frames that this `fdatasync` brings to the disk, or had been
 * checkpointed already. The log keeps its name and inode while a connection is open, so one descriptor lasts; its
 * directory entry is synced when the journal opens. Opening and closing the log drops no lock: SQLite locks the
 * database and the `-shm` file, never the log.
 */
export class GroupSync {
  readonly #deps: GroupSyncDeps
  #descriptor: number | null = null
  #running: Promise<void> | null = null
  #next: Promise<void> | null = null
  #syncedCommits = 0
  #failure: { readonly error: unknown } | null = null

  constructor(deps: GroupSyncDeps) {
    this.#deps = deps
  }

  /** Opens the log, which must exist. */
  open(): void {
    this.#descriptor = openSync(this.#deps.walPath, 'r')
    // What a former process left unsynced counts as unsynced.
    this.#syncedCommits = -1
  }

  /**
   * Resolves when every commit made before the call is on the disk. Rejects with the error of the system, and for good:
   * after a failed sync the kernel may have dropped the pages, and a later success would say nothing about them.
   */
  async sync(): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error
    // Closing the database checkpoints and syncs everything.
    if (this.#descriptor === null || this.#deps.commits() === this.#syncedCommits) return
    if (this.#running === null) return this.#start(this.#descriptor)
    // The running one may have begun before the caller's commit.
    this.#next ??= this.#running.then(nothing, nothing).then(() => {
      this.#next = null
      return this.sync()
    })
    return this.#next
  }

  /** Closes the log once no sync is under way. */
  close(): void {
    const descriptor = this.#descriptor
    if (descriptor === null) return
    this.#descriptor = null
    if (this.#running === null) closeSync(descriptor)
    else void this.#running.then(nothing, nothing).then(() => closeSync(descriptor))
  }

  #start(descriptor: number): Promise<void> {
    const commits = this.#deps.commits()
    this.#running = this.#syncOnce(descriptor, commits)
    return this.#running
  }

  async #syncOnce(descriptor: number, commits: number): Promise<void> {
    try {
      await this.#deps.dataSync(descriptor)
      this.#syncedCommits = commits
    } catch (error) {
      this.#failure = { error }
      throw error
    } finally {
      this.#running = null
    }
  }
}

/** fdatasync, on a thread of libuv's pool. */
export function fileDataSync(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)))
  })
}

function nothing(): void {}
