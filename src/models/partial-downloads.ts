import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { namesIn, treeBytes } from './disk-tree.ts'

/** Models that have not come whole, a folder each: `source`, `finished.json`, `files/…`. */
export class PartialDownloads {
  readonly #root: string
  readonly #isBusy: (sha256: string) => boolean

  constructor(root: string, isBusy: (sha256: string) => boolean) {
    this.#root = root
    this.#isBusy = isBusy
  }

  /** Where a file of a model grows while it is fetched; its folder is made. */
  async path(sha256: string, path: string): Promise<string> {
    const target = join(this.#root, sha256, 'files', path)
    await mkdir(dirname(target), { recursive: true })
    return target
  }

  /** Which files of a download have come whole: a JSON file. */
  finishedPath(sha256: string): string {
    return join(this.#root, sha256, 'finished.json')
  }

  /**
   * Begins a download, or goes on with one. What came from another source is dropped: it may have been another file, also by intent.
   * Resolves with whether something of it is here.
   */
  async begin(sha256: string, source: string): Promise<boolean> {
    const folder = join(this.#root, sha256)
    const before = await readFile(join(folder, 'source'), 'utf8').catch(() => null)
    if (before !== source) await this.forget(sha256)
    const isResumed = this.bytesOf(sha256) > 0
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'source'), source)
    return isResumed
  }

  async forget(sha256: string): Promise<void> {
    await rm(join(this.#root, sha256), { recursive: true, force: true })
  }

  /** Unfinished downloads that nobody is fetching. */
  idle(): readonly string[] {
    return namesIn(this.#root).filter((sha256) => !this.#isBusy(sha256))
  }

  /** Removes all unfinished downloads that nobody is fetching; returns what they took, in bytes. */
  async forgetIdle(): Promise<number> {
    const before = this.bytes('')
    for (const name of this.idle()) await this.forget(name)
    return before - this.bytes('')
  }

  /** Bytes that have come of one model that is not here whole. */
  bytesOf(sha256: string): number {
    return treeBytes(join(this.#root, sha256, 'files'))
  }

  /** Bytes that unfinished downloads of all other models take. */
  bytes(except: string): number {
    const names = namesIn(this.#root).filter((name) => name !== except)
    return names.reduce((sum, name) => sum + treeBytes(join(this.#root, name)), 0)
  }
}
