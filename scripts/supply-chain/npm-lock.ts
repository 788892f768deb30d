import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** npm takes one name for a list of one. */
const PlatformsSchema = z.union([z.string().transform((one) => [one]), z.array(z.string())])

const EntrySchema = z.looseObject({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  name: z.string().optional(),
  link: z.boolean().optional(),
  inBundle: z.boolean().optional(),
  optional: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
  os: PlatformsSchema.optional(),
  cpu: PlatformsSchema.optional(),
  libc: PlatformsSchema.optional(),
})
const LockSchema = z.object({ lockfileVersion: z.number(), packages: z.record(z.string(), EntrySchema) })

/** What package-lock.json says of one place in node_modules. */
export type LockEntry = z.infer<typeof EntrySchema>

/** The part of package-lock.json that decides what `npm ci` installs: an entry for each path, that of the checkout being ''. */
export type NpmLock = z.infer<typeof LockSchema>

/** Reads a lock file. Throws when it is not one. */
export function readNpmLock(path: string): NpmLock {
  return LockSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
}

/** `@scope/name` of `node_modules/a/node_modules/@scope/name`. */
export function nameOfPath(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}
