import { mkdirSync, readdirSync } from 'node:fs'
import { chmod, lstat, mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AitbcError } from '../domain/errors.ts'
import type { WorkDirectories } from '../domain/ports.ts'
import { FileIdentity } from './file-identity.ts'
import { makeFolder } from './make-folder.ts'
import { isPassingDiskError } from './passing-disk-error.ts'

const WRITABLE_BY_OTHERS = 0o022
const STICKY = 0o1000
/** What a check writes: a disk with less left is of no use to a job. */
const PROBE_BYTES = 1024 * 1024

export interface DiskWorkDirectoriesOptions {
  /** WORK_DIR, e.g. /tmp/aitbc-work. */
  readonly root: string
  /** Name of this daemon's own folder in it: no other daemon may use the same, since leftovers in it are removed. */
  readonly scope: string
}

/**
 * `<root>/<scope>/<number>`, mode 0700. A folder that its job left empty serves the next one: to make and remove a folder
 * for each costs more than a small job, since the file system writes both down. The root may lie in /tmp, where anyone can have put something of that name before
 * us; so nothing is used that is a link, belongs to others, or could be exchanged by others.
 */
export class DiskWorkDirectories implements WorkDirectories {
  readonly #root: string
  readonly #scope: string
  /** The scope as it was when it was found safe. */
  #checkedScope: FileIdentity | null = null
  readonly #inUse = new Map<number, string>()
  /** Empty folders that wait for the next job. */
  readonly #spare: string[] = []
  #made = 0

  constructor({ root, scope }: DiskWorkDirectoriesOptions) {
    this.#root = root
    this.#scope = join(root, scope)
  }

  /** The folder in which those of the jobs lie. */
  get scope(): string {
    return this.#scope
  }

  /** Makes root and scope and removes what an earlier life left in the scope. Throws `AITBC_WORK_DIR`. */
  async open(): Promise<void> {
    await this.#trying('cannot be prepared', this.#root, async () => {
      await this.#prepare()
      for (const name of await readdir(this.#scope)) await removeTree(join(this.#scope, name))
    })
  }

  async create(seq: number): Promise<string> {
    if (this.#inUse.has(seq)) await this.remove(seq)
    const path = this.#spare.pop() ?? join(this.#scope, String((this.#made += 1)))
    await this.#trying('cannot be made', path, async () => {
      // Something tidies up in /tmp, and somebody else may have been quicker to put a folder there.
      if (this.#checkedScope?.isUnchanged() !== true) await this.#prepare()
      if (isEmptyFolder(path)) return
      mkdirSync(path, { mode: 0o700 })
    })
    this.#inUse.set(seq, path)
    return path
  }

  async remove(seq: number): Promise<void> {
    const path = this.#inUse.get(seq)
    if (path === undefined) return
    this.#inUse.delete(seq)
    await this.#trying('cannot be removed', path, async () => {
      if (isEmptyFolder(path)) this.#spare.push(path)
      else await removeTree(path)
    })
  }

  async check(): Promise<void> {
    await this.#trying('cannot be worked in', this.#scope, async () => {
      if (this.#checkedScope?.isUnchanged() !== true) await this.#prepare()
      const folder = await mkdtemp(join(this.#scope, 'check-'))
      try {
        await writeThrough(join(folder, 'probe'))
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  }

  /** Removes the scope with all that is in it; what cannot be removed now, the next `open` removes. */
  async close(): Promise<void> {
    if (this.#checkedScope?.isUnchanged() !== true) return
    this.#checkedScope = null
    await removeTree(this.#scope).catch(() => {})
  }

  async #prepare(): Promise<void> {
    this.#checkedScope = null
    makeFolder(this.#root, 0o700)
    await this.#checkRoot()
    makeFolder(this.#scope, 0o700)
    await this.#checkScope()
    await chmod(this.#scope, 0o700)
    this.#checkedScope = FileIdentity.of(this.#scope)
  }

  /** The root may be /tmp itself: root's own and sticky, so that others cannot rename what is ours in it. */
  async #checkRoot(): Promise<void> {
    const { uid, mode, isFolder } = await facts(this.#root)
    if (!isFolder) throw unsafe(this.#root, 'is a link or no folder', 'remove it, or name the real folder')
    if (uid !== ownUid() && uid !== 0)
      throw unsafe(this.#root, `belongs to user ${uid}`, 'give it to the user of the miner or name another')
    if ((mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0) {
      throw unsafe(this.#root, 'can be written to by others', `run chmod go-w ${this.#root} or name another`)
    }
  }

  async #checkScope(): Promise<void> {
    const { uid, isFolder } = await facts(this.#scope)
    if (!isFolder) throw unsafe(this.#scope, 'is a link or no folder', 'remove it')
    if (uid !== ownUid()) throw unsafe(this.#scope, `belongs to user ${uid}`, 'remove it, or name another WORK_DIR')
  }

  async #trying(what: string, path: string, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (cause) {
      if (cause instanceof AitbcError) throw cause
      const text = cause instanceof Error ? cause.message : String(cause)
      throw new AitbcError(
        'AITBC_WORK_DIR',
        `the work folder ${path} ${what} (${text}): check that WORK_DIR has space and belongs to the user of the miner, ` +
          'and that its service may write there (docs/service.md)',
        { cause, facts: { path, isPassing: isPassingDiskError(cause) } },
      )
    }
  }
}

/** To the disk: some file systems find out only then that they are full. */
async function writeThrough(path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(Buffer.alloc(PROBE_BYTES, 0x61))
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Removes what is there, links themselves rather than what they name; folders that a job made unwritable too. */
async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch {
    await openFolders(path)
    await rm(path, { recursive: true, force: true })
  }
}

async function openFolders(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return
  await chmod(path, 0o700)
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(path, entry.name))
  }
}

async function facts(path: string): Promise<{ uid: number; mode: number; isFolder: boolean }> {
  const found = await lstat(path)
  return { uid: found.uid, mode: found.mode, isFolder: found.isDirectory() }
}

/** Synchronous: asking another thread costs ten times as much. A path that is not there is no empty folder. */
function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0
  } catch {
    return false
  }
}

function ownUid(): number {
  return process.geteuid?.() ?? 0
}

function unsafe(path: string, fault: string, remedy: string): AitbcError {
  return new AitbcError(
    'AITBC_WORK_DIR',
    `the work folder ${path} ${fault}, so jobs would not be safe in it: ${remedy} (WORK_DIR)`,
    {
      facts: { path },
    },
  )
}
