import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { constants, copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../domain/error-code.ts'
import { AitbcError } from '../domain/errors.ts'

/**
 * The outputs too large for a row: `<folder>/<seq>`, one file for each outbox row that says so. A file is durable
 * here before its row is committed and goes after its row has gone, so a crash leaves a file too many, never too few.
 */
export class OutputFiles {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  pathOf(seq: number): string {
    return join(this.#folder, String(seq))
  }

  /** Makes the folder and removes the files that no row knows. Returns the entries whose file is missing. */
  open(known: ReadonlySet<number>): number[] {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const present = new Set<number>()
    for (const name of readdirSync(this.#folder)) {
      const seq = Number(name)
      if (String(seq) === name && known.has(seq)) present.add(seq)
      else rmSync(join(this.#folder, name), { recursive: true, force: true })
    }
    return [...known].filter((seq) => !present.has(seq))
  }

  /**
   * Moves the file at `source` into keeping and makes it durable; returns its new path. Done again with the same file
   * after it succeeded, it does nothing.
   */
  async adopt(seq: number, source: string): Promise<string> {
    const target = this.pathOf(seq)
    if (source === target || ((await isAbsent(source)) && !(await isAbsent(target)))) return target
    try {
      // Whoever makes room on the disk may have removed it.
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    } catch (cause) {
      throw notKept(cause, source, target)
    }
    try {
      await syncOutput(source)
      await this.#move(source, target)
      await syncDirectory(this.#folder)
    } catch (cause) {
      throw adoptError(cause, source, target)
    }
    return target
  }

  /** Removes the file of a row that has gone. */
  remove(seq: number): void {
    try {
      rmSync(this.pathOf(seq), { force: true })
    } catch {
      // Best effort: the next opening removes what no row knows.
    }
  }

  async #move(source: string, target: string): Promise<void> {
    try {
      await rename(source, target)
    } catch (error) {
      if (errorCode(error) !== 'EXDEV') throw error
      // Another file system: the copy takes its name only once it is whole.
      const part = `${target}.part`
      await rm(part, { force: true })
      await copyFile(source, part, constants.COPYFILE_EXCL)
      await syncOutput(part)
      await rename(part, target)
      await rm(source, { force: true })
    }
  }
}

/** Brings the content to the disk. Refuses a link: it could name any file of the miner's user. */
async function syncOutput(path: string): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (!(await file.stat()).isFile()) throw new Error('not a regular file')
    await file.chmod(0o600)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function isAbsent(path: string): Promise<boolean> {
  try {
    await stat(path)
    return false
  } catch (error) {
    return errorCode(error) === 'ENOENT'
  }
}

/** What keeps any file from being written, and says nothing against the one that was to be kept. */
const OF_THE_DISK = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'EFBIG', 'EACCES', 'EPERM'])

function adoptError(cause: unknown, source: string, target: string): AitbcError {
  if (OF_THE_DISK.has(errorCode(cause) ?? '')) {
    return notKept(cause, source, target)
  }
  return new AitbcError(
    'AITBC_WORK_DIR',
    `the output ${source} is gone or no plain file (${textOf(cause)}): let nothing but the miner write to or clean up WORK_DIR`,
    { cause, facts: { source, target } },
  )
}

function notKept(cause: unknown, source: string, target: string): AitbcError {
  return new AitbcError(
    'AITBC_JOURNAL_WRITE',
    `the output ${source} cannot be kept as ${target} (${textOf(cause)}): check that the disk has space and that STATE_DIR belongs to the user of the miner`,
    { cause, facts: { source, target } },
  )
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
