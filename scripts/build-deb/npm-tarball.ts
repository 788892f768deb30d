import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from './run-tool.ts'

/** An npm package by the hash of its tarball. */
export interface PinnedPackage {
  readonly name: string
  readonly version: string
  /** As in package-lock.json: `sha512-` and the hash in base64. */
  readonly integrity: string
}

/**
 * The folder of an npm package that a checkout does not have: fetched from the registry that npm is set up for, checked, unpacked
 * below `cache` and kept there. Throws when its content is not what was pinned.
 */
export function unpackedPackage({ name, version, integrity }: PinnedPackage, cache: string): string {
  const fileName = `${name.replace('@', '').replace('/', '-')}-${version}`
  const folder = join(cache, fileName)
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  runTool(['npm', 'pack', '--silent', '--pack-destination', cache, `${name}@${version}`])
  const tarball = join(cache, `${fileName}.tgz`)
  const actual = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
  if (actual !== integrity) {
    throw new Error(`the registry gave another ${name}@${version} than the one pinned: ${actual}, expected ${integrity}`)
  }
  const unpacking = `${folder}.partial`
  rmSync(unpacking, { recursive: true, force: true })
  mkdirSync(unpacking)
  runTool(['tar', '-xzf', tarball, '--strip-components=1', '--no-same-owner', '-C', unpacking])
  rmSync(tarball)
  renameSync(unpacking, folder)
  return folder
}
