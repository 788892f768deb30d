import { readFileSync } from 'node:fs'
import { z } from 'zod'

const LIST = 'packaging/third-party/bundled-parts.json'

const PartSchema = z.strictObject({
  name: z.string(),
  version: z.string().optional(),
  /** SPDX's expression. */
  licence: z.string(),
  /** Who holds it, and since when; absent where nobody claims it. */
  copyright: z.string().optional(),
  url: z.url(),
  /** Bytes of the binary that show that the part, in this version, is in it. Node tells its parts itself. */
  mark: z.string().optional(),
  /** The builds that contain it, where not all do. */
  cpus: z.array(z.enum(['x64', 'arm64'])).optional(),
})
const ListSchema = z.record(z.string(), z.strictObject({ files: z.string(), parts: z.array(PartSchema) }))

/** Somebody else's software that is compiled into a binary of an npm package, and so is in no lock file. */
export type BundledPart = z.infer<typeof PartSchema>

/** The parts in one npm package, and which of its files they are in, as a pattern. */
export interface BundledIn {
  readonly files: string
  readonly parts: readonly BundledPart[]
}

/**
 * What is compiled into an npm package's binaries for a processor, from packaging/third-party/bundled-parts.json; null for most, which
 * have none. An entry is for a package, its builds (`NAME-linux-x64`) or its scope.
 */
export function bundledIn(packageName: string, cpu: 'x64' | 'arm64'): BundledIn | null {
  const list = ListSchema.parse(JSON.parse(readFileSync(LIST, 'utf8')))
  const found = Object.entries(list).find(
    ([key]) => packageName === key || packageName.startsWith(`${key}-`) || packageName.startsWith(`${key}/`),
  )
  if (found === undefined) return null
  const [, { files, parts }] = found
  return {
    files: files.replace('{cpu}', cpu),
    parts: parts.filter(({ cpus }) => cpus === undefined || cpus.includes(cpu)).map(withVersion),
  }
}

/** A part of Node has the version that Node tells: this program runs on the Node that is shipped. */
function withVersion(part: BundledPart): BundledPart {
  const version = part.version ?? (part.mark === undefined ? process.versions[part.name] : undefined)
  return version === undefined ? part : { ...part, version }
}
