import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { errorCode } from '../domain/error-code.ts'
import type { ModelFormat } from '../domain/models.ts'
import { diskFailure } from './disk-failure.ts'
import { namesIn, treeBytes } from './disk-tree.ts'
import { FetchClaims } from './fetch-claims.ts'
import { PartialDownloads } from './partial-downloads.ts'
import { ProcessNotes } from './process-notes.ts'

const manifest = z.object({
  name: z.string(),
  workload: z.string(),
  format: z.enum(['gguf', 'diffusers', 'onnx']),
  uri: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  files: z.array(z.object({ path: z.string().min(1), sha256: z.string(), bytes: z.number() })).min(1),
})

/** What the store knows of a fetched model. */
export type Manifest = Readonly<z.infer<typeof manifest>>

export interface StoredModel extends Manifest {
  readonly format: ModelFormat
  readonly bytes: number
  /** What to load. */
  readonly path: string
  /** Epoch milliseconds. */
  readonly usedAtMs: number
}

const FOLDERS = ['models', 'partial', 'in-use', 'fetching', 'trash'] as const

/**
 * The store on the disk:
 *
 *     models/<sha256>/manifest.json, files/…   fetched models, whole and checked
 *     partial/<sha256>/source, finished.json, files/…  downloads, gone on with after a restart
 *     in-use/                                  notes of processes that hold a model
 *     fetching/                                notes of processes that fetch one, with the bytes that it will have
 *     trash/                                   what is being removed
 *
 * A model comes by one rename and goes by one, so that no other process ever sees half of it.
 */
export class StoreFolder {
  readonly #root: string
  readonly #inUse: ProcessNotes
  readonly partials: PartialDownloads
  readonly claims: FetchClaims
  /** When it was opened; its folders may then be missing. */
  #wasReadOnly = false

  constructor(root: string) {
    this.#root = root
    this.#inUse = new ProcessNotes(join(root, 'in-use'))
    this.partials = new PartialDownloads(join(root, 'partial'), (sha256) => this.isHeld(sha256) || this.claims.has(sha256))
    this.claims = new FetchClaims(join(root, 'fetching'), (sha256) => this.partials.bytesOf(sha256))
  }

  /**
   * Makes the folders and removes what a crash left behind. Rejects with the system's error, but not for a store on a read-only file
   * system: what it holds can be used, and whoever fetches is told.
   */
  async open(): Promise<void> {
    try {
      await this.#prepare()
    } catch (error) {
      if (!isReadOnly(error) || !existsSync(join(this.#root, 'models'))) throw error
      this.#wasReadOnly = true
    }
  }

  async #prepare(): Promise<void> {
    await makeFolder(this.#root)
    for (const name of FOLDERS) await makeFolder(join(this.#root, name))
    for (const name of await readdir(join(this.#root, 'trash'))) {
      await rm(join(this.#root, 'trash', name), { recursive: true, force: true })
    }
    await this.#inUse.open()
    await this.claims.open()
  }

  /** All fetched models; one whose manifest cannot be read is left out. */
  list(): readonly StoredModel[] {
    return namesIn(join(this.#root, 'models')).flatMap((sha256) => this.find(sha256) ?? [])
  }

  find(sha256: string): StoredModel | null {
    const folder = join(this.#root, 'models', sha256)
    try {
      const read = manifest.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
      const [first] = read.files
      if (read.sha256 !== sha256 || first === undefined) return null
      const files = join(folder, 'files')
      return {
        ...read,
        bytes: read.files.reduce((sum, { bytes }) => sum + bytes, 0),
        path: read.format === 'diffusers' ? files : join(files, first.path),
        usedAtMs: statSync(folder).mtimeMs,
      }
    } catch {
      return null
    }
  }

  /** What lies among the models and is none that can be told of. */
  unreadable(): readonly string[] {
    return namesIn(join(this.#root, 'models')).filter((name) => this.find(name) === null)
  }

  /** Removes that; returns what it took, in bytes. */
  async forgetUnreadable(): Promise<number> {
    let freed = 0
    for (const name of this.unreadable()) {
      const bytes = treeBytes(join(this.#root, 'models', name, 'files'))
      if (await this.remove(name)) freed += bytes
    }
    return freed
  }

  filePath(sha256: string, path: string): string {
    return join(this.#root, 'models', sha256, 'files', path)
  }

  /** Puts a download that is whole and checked among the models. */
  async admit(found: Manifest): Promise<void> {
    const partial = join(this.#root, 'partial', found.sha256)
    for (const name of ['finished.json', 'source']) await rm(join(partial, name), { force: true })
    const file = await open(join(partial, 'manifest.json'), 'w', 0o644)
    try {
      await file.writeFile(`${JSON.stringify(found, null, 2)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    const target = join(this.#root, 'models', found.sha256)
    await this.#discard(target)
    await rename(partial, target)
    await syncFolder(dirname(target))
  }

  /** Notes that this process uses a model, also for other processes. Throws `E_INPUT` where the disk does not take the note. */
  hold(sha256: string): void {
    try {
      this.#inUse.put(sha256, '')
    } catch (error) {
      // From a disk that cannot be written nobody removes a model either.
      if (!this.#wasReadOnly && !isReadOnly(error)) throw diskFailure(this.#root, error)
    }
    this.touch(sha256)
  }

  /** Notes that a model was used just now, where it is here. */
  touch(sha256: string): void {
    const now = new Date()
    try {
      utimesSync(join(this.#root, 'models', sha256), now, now)
    } catch {
      // Not here yet, or on a disk that cannot be written: then it counts as older than it is.
    }
  }

  /** Takes back what `hold` noted. */
  letGo(sha256: string): void {
    this.#inUse.take(sha256)
  }

  isHeld(sha256: string): boolean {
    return this.#inUse.has(sha256)
  }

  /** False when it is in use, or not there. */
  async remove(sha256: string): Promise<boolean> {
    if (this.isHeld(sha256)) return false
    const folder = join(this.#root, 'models', sha256)
    const trash = join(this.#root, 'trash', randomUUID())
    try {
      await rename(folder, trash)
    } catch {
      return false
    }
    // Someone may have come to hold it between the look and the move.
    if (this.isHeld(sha256)) {
      await rename(trash, folder)
      return false
    }
    await rm(trash, { recursive: true, force: true })
    return true
  }

  async #discard(folder: string): Promise<void> {
    const trash = join(this.#root, 'trash', randomUUID())
    const isMoved = await rename(folder, trash).then(
      () => true,
      () => false,
    )
    if (isMoved) await rm(trash, { recursive: true, force: true })
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** What is there is left alone: with `recursive` Node says ENOENT of a read-only file system. */
async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return
  await mkdir(path, { recursive: !existsSync(dirname(path)), mode: 0o755 }).catch((error: unknown) => {
    // Another process was quicker.
    if (!existsSync(path)) throw error
  })
}

function isReadOnly(error: unknown): boolean {
  return errorCode(error) === 'EROFS'
}
