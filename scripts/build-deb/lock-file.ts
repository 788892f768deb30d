import { readFileSync } from 'node:fs'
import { z } from 'zod'

const EntrySchema = z.object({
  version: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  link: z.boolean().optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
})
const LockSchema = z.object({ packages: z.record(z.string(), EntrySchema) })

/** One installed copy of an npm package. */
export interface LockedPackage {
  /** Where it lies, from the root of the checkout: `node_modules/a/node_modules/b`. */
  readonly path: string
  readonly name: string
  readonly version: string
  /** The hash of its tarball, as the registry tells it; null where the lock file has none. */
  readonly integrity: string | null
  /** SPDX's name of it. */
  readonly licence: string | null
  /** The paths of the packages that it needs, sorted. */
  readonly needs: readonly string[]
}

/** package-lock.json, and which packages each other need. */
export class LockFile {
  readonly #entries: Readonly<Record<string, z.infer<typeof EntrySchema>>>

  private constructor(entries: Readonly<Record<string, z.infer<typeof EntrySchema>>>) {
    this.#entries = entries
  }

  static read(path: string): LockFile {
    return new LockFile(LockSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).packages)
  }

  /**
   * The packages named and all that they need, sorted by path. `isWanted` leaves out optional ones of other platforms, and with
   * them what only they need. Throws when a needed package is not in the lock file.
   */
  closure(names: Iterable<string>, isWanted: (name: string) => boolean): readonly LockedPackage[] {
    const found = new Map<string, Omit<LockedPackage, 'needs'>>()
    const needs = new Map<string, Set<string>>()
    const toVisit = [...names].map((name) => ({ name, from: '', isOptional: false }))
    for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
      const { name, from, isOptional } = next
      if (!isWanted(name)) continue
      const path = this.#resolve(name, from)
      const entry = path === null ? undefined : this.#entries[path]
      // Without a version: a package that a checkout leaves out, or that the registry did not have.
      if (path === null || entry?.version === undefined || entry.link === true) {
        if (isOptional) continue
        throw new Error(`${name}, needed by ${from || 'the program'}, is not in package-lock.json: run npm run lock`)
      }
      needs.set(from, (needs.get(from) ?? new Set()).add(path))
      if (found.has(path)) continue
      found.set(path, { path, name, version: entry.version, integrity: entry.integrity ?? null, licence: entry.license ?? null })
      for (const needed of Object.keys(entry.dependencies ?? {})) toVisit.push({ name: needed, from: path, isOptional: false })
      for (const needed of Object.keys(entry.optionalDependencies ?? {}))
        toVisit.push({ name: needed, from: path, isOptional: true })
    }
    return [...found.values()]
      .map((entry) => ({ ...entry, needs: [...(needs.get(entry.path) ?? [])].toSorted() }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** The path that Node would find `name` at, for a file of the package at `from`. */
  #resolve(name: string, from: string): string | null {
    for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
      const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
      if (this.#entries[path] !== undefined) return path
      if (folder === '') return null
    }
  }
}
