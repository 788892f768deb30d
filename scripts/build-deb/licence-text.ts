import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { ShippedPackage } from './shipped-folder.ts'

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i
const FOLDER = 'packaging/debian/licences'
const APACHE = /[ \t]*Apache License\s+Version 2\.0, January 2004[\s\S]*?END OF TERMS AND CONDITIONS/g
const APACHE_REFERENCE = 'Apache License, Version 2.0: on Debian systems in /usr/share/common-licenses/Apache-2.0'

/** What is to be said of packages beyond what they say themselves. */
const ADDED: readonly (readonly [name: RegExp, file: string])[] = [
  [/^@node-llama-cpp\//, 'llama.cpp.txt'],
  [/^onnxruntime-/, 'onnxruntime.txt'],
]

const PersonSchema = z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])
const ManifestSchema = z.object({ author: PersonSchema.optional() })

/**
 * The licence of an npm package: its licence files, or for one that only names the MIT licence, that text under its author's name.
 * Licences that every Debian system has are referred to, as Debian's policy wants. Throws for a package that has neither.
 */
export function licenceText(shipped: ShippedPackage): string {
  const own = readdirSync(shipped.folder)
    .filter((name) => LICENCE_FILE.test(name))
    .toSorted()
    .map((name) => readFileSync(join(shipped.folder, name), 'utf8').trim())
  const added = ADDED.filter(([name]) => name.test(shipped.name)).map(([, file]) =>
    readFileSync(join(FOLDER, file), 'utf8').trim(),
  )
  if (own.length > 0) return [...own, ...added].join('\n\n').replaceAll(APACHE, APACHE_REFERENCE)
  const file = join(FOLDER, `${(shipped.licence ?? 'none').toLowerCase()}.txt`)
  if (!existsSync(file)) {
    throw new Error(
      `${shipped.name} has no licence file, and ${file} is not there for its licence ${shipped.licence ?? '(not told)'}`,
    )
  }
  const holders = added.length > 0 ? added : [`Copyright (c) ${author(shipped)}`]
  return [...holders, readFileSync(file, 'utf8').trim()].join('\n\n')
}

function author({ name, folder }: ShippedPackage): string {
  const manifest = ManifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  return manifest.author?.replace(/\s*[<(].*$/, '') ?? `the authors of ${name}`
}
