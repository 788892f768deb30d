import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync, statSync, utimesSync } from 'node:fs'
import { mkdir, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { ModelFormat } from '../domain/models.ts'
import { diskFailure } from './disk-failure.ts'
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
  readonly #fetching: ProcessNotes
  /** What this process fetches. */
  readonly #claimed = new Set<string>()

  constructor(root: string) {
    this.#root = root
    this.#inUse = new ProcessNotes(join(root, 'in-use'))
    this.#fetching = new ProcessNotes(join(root, 'fetching'))
  }

  /** Makes the folders and removes what a crash left behind. Rejects with the system's error. */
  async open(): Promise<void> {
    for (const name of ['models', 'partial', 'trash']) await mkdir(join(this.#root, name), { recursive: true, mode: 0o755 })
    for (const name of await readdir(join(this.#root, 'trash'))) {
      await rm(join(this.#root, 'trash', name), { recursive: true, force: true })
    }
    await this.#inUse.open()
    await this.#fetching.open()
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

  /** Where a file of a model grows while it is fetched; its folder is made. */
  async partialPath(sha256: string, path: string): Promise<string> {
    const target = join(this.#root, 'partial', sha256, 'files', path)
    await mkdir(dirname(target), { recursive: true })
    return target
  }

  /** Which files of a download have come whole: a JSON file. */
  finishedPath(sha256: string): string {
    return join(this.#root, 'partial', sha256, 'finished.json')
  }

  /**
   * Begins a download, or goes on with one. What came from another source is dropped: it may have been another file, also by intent.
   * Resolves with whether something of it is here.
   */
  async beginPartial(sha256: string, source: string): Promise<boolean> {
    const folder = join(this.#root, 'partial', sha256)
    const before = await readFile(join(folder, 'source'), 'utf8').catch(() => null)
    if (before !== source) await this.forgetPartial(sha256)
    const isResumed = this.partialBytesOf(sha256) > 0
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'source'), source)
    return isResumed
  }

  async forgetPartial(sha256: string): Promise<void> {
    await rm(join(this.#root, 'partial', sha256), { recursive: true, force: true })
  }

  /** Unfinished downloads that nobody is fetching. */
  idlePartials(): readonly string[] {
    return namesIn(join(this.#root, 'partial')).filter((sha256) => !this.isHeld(sha256) && !this.#fetching.has(sha256))
  }

  /** Removes all unfinished downloads that nobody is fetching; returns what they took, in bytes. */
  async forgetPartials(): Promise<number> {
    const before = this.partialBytes('')
    for (const name of this.idlePartials()) await this.forgetPartial(name)
    return before - this.partialBytes('')
  }

  /** Bytes that have come of one model that is not here whole. */
  partialBytesOf(sha256: string): number {
    return treeBytes(join(this.#root, 'partial', sha256, 'files'))
  }

  /** Bytes that unfinished downloads of all other models take. */
  partialBytes(except: string): number {
    const names = namesIn(join(this.#root, 'partial')).filter((name) => name !== except)
    return names.reduce((sum, name) => sum + treeBytes(join(this.#root, 'partial', name)), 0)
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
      if (!(error instanceof Error && 'code' in error && error.code === 'EROFS')) throw diskFailure(this.#root, error)
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

  /** Notes that this process fetches a model. False when that, or another process, does so already. Throws `E_INPUT` as `hold` does. */
  claim(sha256: string): boolean {
    if (this.#claimed.has(sha256) || this.#fetching.hasOther(sha256)) return false
    this.promise(sha256, 0)
    // Another may have looked and noted at the same time: whoever sees both steps back.
    if (this.#fetching.hasOther(sha256)) {
      this.#fetching.take(sha256)
      return false
    }
    this.#claimed.add(sha256)
    return true
  }

  unclaim(sha256: string): void {
    this.#claimed.delete(sha256)
    this.#fetching.take(sha256)
  }

  /** Notes how many bytes the model that is fetched will have, so that nobody gives away the room for them. */
  promise(sha256: string, bytes: number): void {
    try {
      this.#fetching.put(sha256, String(bytes))
    } catch (error) {
      throw diskFailure(this.#root, error)
    }
  }

  /** Bytes that are still to come of all other models that are being fetched. */
  promisedBytes(except: string): number {
    const others = this.#fetching.all().filter(({ sha256 }) => sha256 !== except)
    return others.reduce((sum, { sha256, text }) => sum + Math.max(0, (Number(text) || 0) - this.partialBytesOf(sha256)), 0)
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

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function treeBytes(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
      (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
      0,
    )
  } catch {
    return 0
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
