import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { LockedPackage } from './lock-file.ts'
import { unpackedPackage } from './npm-tarball.ts'

/** An npm package whose files go into a Debian package. */
export interface ShippedPackage extends LockedPackage {
  /** The folder that they are taken from. */
  readonly folder: string
}

/** Where a package lies: in the checkout, or, being for another processor, fetched. */
export function shippedFolder({ path, name, version, integrity }: LockedPackage, cache: string): string {
  if (existsSync(join(path, 'package.json'))) return path
  if (integrity === null) throw new Error(`${name}@${version} is neither installed nor pinned by package-lock.json: run npm ci`)
  return unpackedPackage({ name, version, integrity }, cache)
}
