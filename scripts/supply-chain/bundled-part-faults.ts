import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BundledIn, BundledPart } from './bundled-parts.ts'

/** Keys of process.versions that tell of interfaces and data, or of Node itself. */
const NO_PARTS_OF_NODE = new Set(['node', 'modules', 'napi', 'unicode', 'tz'])
const VCPKG = /buildtrees\/([a-z0-9-]+)\/src\//g

/**
 * Where the list of bundled parts and a binary disagree, a sentence for each place: a part whose mark is not there has gone or has
 * another version, and a library built by vcpkg tells of itself. `folder` is that of the npm package.
 */
export function bundledPartFaults({ files, parts }: BundledIn, folder: string): readonly string[] {
  const paths = globSync(join(folder, files))
  if (paths.length === 0) return [`${folder} has no ${files}, whose parts are listed`]
  const content = paths.map((path) => readFileSync(path, 'latin1')).join('\n')
  const gone = parts
    .filter(({ mark }) => mark !== undefined && !content.includes(mark))
    .map(({ name, mark }) => `${join(folder, files)} does not contain "${mark}": ${name} has gone or changed its version`)
  const built = new Set([...content.matchAll(VCPKG)].map(([, name = '']) => name))
  const unlisted = [...built].filter((name) => !parts.some((part) => part.name === name || part.name.startsWith(`${name}-`)))
  return [...gone, ...unlisted.map((name) => `${join(folder, files)} contains ${name}, which is not listed`)]
}

/** Where the list and what Node tells of itself (`process.versions`) disagree. */
export function nodePartFaults(
  parts: readonly BundledPart[],
  versions: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const told = Object.entries(versions).flatMap(([name, version]) =>
    NO_PARTS_OF_NODE.has(name) || version === undefined || version === '' ? [] : [name],
  )
  const listed = new Set(parts.map(({ name }) => name))
  return [
    ...told.filter((name) => !listed.has(name)).map((name) => `Node contains ${name}, which is not listed`),
    ...[...listed].filter((name) => !told.includes(name)).map((name) => `Node does not contain ${name}, which is listed`),
  ]
}
