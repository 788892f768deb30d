import { readFileSync } from 'node:fs'
import { bundledIn } from '../supply-chain/bundled-parts.ts'
import { licenceText } from './licence-text.ts'
import type { ShippedPackage } from './shipped-folder.ts'
import type { Target } from './target.ts'

const HEADER = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: aitbc-miner
Comment: Put together when the package was built, from the licence files of what it contains.`
const HOLDER = /copyright (\(c\)|©|\d{4})/i

/** An npm package and the pattern of its files in the Debian package. */
export interface LicensedFiles {
  readonly files: string
  readonly shipped: ShippedPackage
}

/** The machine-readable copyright file (DEP 5): who wrote what is in the package, and under which licence. */
export function debCopyright(parts: readonly LicensedFiles[], target: Target): string {
  const own = stanza('*', 'MIT', readFileSync('LICENSE', 'utf8').trim())
  const others = parts.map(({ files, shipped }) => stanza(files, shortName(shipped), licenceText(shipped, target)))
  return `${[HEADER, own, ...others].join('\n\n')}\n`
}

/** SPDX's expression as DEP 5 writes it. */
function shortName({ licence, name }: ShippedPackage): string {
  // Node's licence file goes on with those of V8, OpenSSL, ICU and the others that the binary contains; we add those of other binaries.
  if (bundledIn(name, 'x64') !== null) return `${licence ?? 'MIT'}-and-those-of-bundled-parts`
  return (licence ?? 'MIT').replaceAll(/[()]/g, '').replaceAll(' OR ', ' or ').replaceAll(' AND ', ' and ')
}

function stanza(files: string, licence: string, text: string): string {
  const lines = text.split('\n')
  const holders = [...new Set(lines.map((line) => line.trim()).filter((line) => HOLDER.test(line)))]
  const indented = lines.map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
  return `Files: ${files}\nCopyright: ${holders.join('\n ') || 'see the licence'}\nLicense: ${licence}\n${indented.join('\n')}`
}
