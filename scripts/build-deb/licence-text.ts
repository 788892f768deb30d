import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { bundledIn } from '../supply-chain/bundled-parts.ts'
import { bundledLicences, standardLicence } from './bundled-licences.ts'
import type { ShippedPackage } from './shipped-folder.ts'
import type { Target } from './target.ts'

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i
const APACHE = /[ \t]*Apache License\s+Version 2\.0, January 2004[\s\S]*?END OF TERMS AND CONDITIONS/g
const APACHE_REFERENCE = 'Apache License, Version 2.0: on Debian systems in /usr/share/common-licenses/Apache-2.0'
/** Its packages name as author who published them. */
const HOLDERS: readonly (readonly [name: RegExp, holder: string])[] = [[/^onnxruntime-/, 'Microsoft Corporation']]

const PersonSchema = z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])
const ManifestSchema = z.object({ author: PersonSchema.optional() })

/**
 * The licence of an npm package: its licence files, or for one that only names its licence, that text under its author's name; then
 * those of what is compiled into its binaries. Licences that every Debian system has are referred to, as Debian's policy wants. Throws
 * for a package that has neither file nor a licence whose text is there.
 */
export function licenceText(shipped: ShippedPackage, { cpu }: Target): string {
  const own = readdirSync(shipped.folder)
    .filter((name) => LICENCE_FILE.test(name))
    .toSorted()
    .map((name) => readFileSync(join(shipped.folder, name), 'utf8').trim())
  const text = own.length > 0 ? own.join('\n\n').replaceAll(APACHE, APACHE_REFERENCE) : namedLicence(shipped)
  const bundled = bundledIn(shipped.name, cpu)
  // Node's licence file has those of its parts.
  if (bundled === null || shipped.name.startsWith('node-linux-')) return text
  return `${text}\n\n${bundledLicences(bundled.parts)}`
}

function namedLicence(shipped: ShippedPackage): string {
  const { name, licence } = shipped
  if (licence === null || !existsSync(`packaging/debian/licences/${licence.toLowerCase()}.txt`)) {
    throw new Error(`${name} has no licence file, and packaging/debian/licences has no text for ${licence ?? '(none told)'}`)
  }
  return `Copyright (c) ${holder(shipped)}\n\n${standardLicence(licence)}`
}

function holder({ name, folder }: ShippedPackage): string {
  const known = HOLDERS.find(([pattern]) => pattern.test(name))
  if (known !== undefined) return known[1]
  const manifest = ManifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  return manifest.author?.replace(/\s*[<(].*$/, '') ?? `the authors of ${name}`
}
