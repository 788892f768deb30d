import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/** Modes that files of a package may have: for all to read, to run, or for root and a group that a maintainer script sets. */
export type FileMode = 0o644 | 0o755 | 0o640

/**
 * The folder that a package is packed from. Every mode and time is set by us, so that neither the umask nor the checkout of the one
 * who builds gets into the package. Paths are relative to the root of the installed system, without a leading slash.
 */
export class StagedTree {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** Begins anew: whatever an earlier build left is removed. */
  clear(): void {
    rmSync(this.root, { recursive: true, force: true })
    mkdirSync(this.root, { recursive: true })
  }

  write(path: string, content: string | Uint8Array, mode: FileMode = 0o644): void {
    writeFileSync(this.#made(path), content)
    chmodSync(join(this.root, path), mode)
  }

  copy(source: string, path: string, mode: FileMode = 0o644): void {
    copyFileSync(source, this.#made(path))
    chmodSync(join(this.root, path), mode)
  }

  /** A symbolic link with the text `target`. */
  link(target: string, path: string): void {
    symlinkSync(target, this.#made(path))
  }

  /** The paths of all files and links, sorted by their bytes. */
  files(): readonly string[] {
    return readdirSync(this.root, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.root.length + 1))
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }

  /** What the files take on the disk, each rounded up to a kibibyte as dpkg does, in KiB. */
  installedKib(): number {
    const entries = readdirSync(this.root, { recursive: true, encoding: 'utf8' }).map((path) => lstatSync(join(this.root, path)))
    return entries.reduce((sum, entry) => sum + (entry.isFile() ? Math.ceil(entry.size / 1024) : 1), 0)
  }

  /** Gives every folder the mode 0755, and everything the time `seconds` since 1970. */
  settle(seconds: number): void {
    const entries = readdirSync(this.root, { recursive: true, withFileTypes: true })
    const paths = entries.map((entry) => join(entry.parentPath, entry.name))
    for (const [index, path] of paths.entries()) if (entries[index]?.isDirectory() === true) chmodSync(path, 0o755)
    chmodSync(this.root, 0o755)
    for (const path of [...paths.toReversed(), this.root]) lutimesSync(path, seconds, seconds)
  }

  #made(path: string): string {
    const place = join(this.root, path)
    mkdirSync(dirname(place), { recursive: true })
    return place
  }
}
