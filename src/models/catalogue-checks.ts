import { modelHash } from './listing-hash.ts'

interface CheckedFile {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

interface CheckedEntry {
  readonly name: string
  readonly workload: string
  readonly sha256: string
  readonly bytes: number
  readonly default?: boolean | undefined
  readonly files?: readonly CheckedFile[] | undefined
}

/** What of the list of files under an entry contradicts the rest of it; null when it fits, or there is none. */
export function listingProblem({ sha256, bytes, files }: CheckedEntry): string | null {
  if (files === undefined) return null
  const twice = firstTwice(files.map(({ path }) => path))
  if (twice !== null) return `has ${twice} twice under files`
  const sum = files.reduce((total, file) => total + file.bytes, 0)
  if (sum !== bytes) return `bytes should be ${sum}, the sum of its files`
  const hash = modelHash(files)
  return hash === sha256 ? null : `sha256 should be ${hash}, that of the listing of its files`
}

/** What entries of one catalogue contradict one another in; null for nothing. */
export function entriesProblem(entries: readonly CheckedEntry[]): string | null {
  const twice = firstTwice(entries.map(({ name }) => name))
  if (twice !== null) return `two entries have the name ${twice}`
  const workload = firstTwice(entries.filter((entry) => entry.default === true).map((entry) => entry.workload))
  return workload === null ? null : `two entries are the default of ${workload}`
}

function firstTwice(texts: readonly string[]): string | null {
  return texts.find((text, at) => texts.indexOf(text) !== at) ?? null
}
