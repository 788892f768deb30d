import { readFileSync } from 'node:fs'
import type { BundledPart } from '../supply-chain/bundled-parts.ts'

const FOLDER = 'packaging/debian/licences'

/**
 * What a copyright file says of parts that are compiled into a binary: each with its holder, and the text of every licence once. Throws
 * for a licence whose text is not there.
 */
export function bundledLicences(parts: readonly BundledPart[]): string {
  const lines = parts.map(({ name, version, licence, copyright, url }) =>
    [
      `${name}${version === undefined ? '' : ` ${version}`}, ${url}`,
      copyright === undefined ? 'No copyright is claimed' : `Copyright (c) ${copyright}`,
      `Licence: ${licence}`,
    ].join('\n'),
  )
  // Of a choice, the first one is taken.
  const licences = new Set(parts.map(({ licence }) => licence.split(' OR ')[0] ?? licence))
  const texts = [...licences].toSorted().map((licence) => `${licence}:\n\n${standardLicence(licence)}`)
  return ['The binary contains these parts, whose licences follow:', ...lines, ...texts].join('\n\n')
}

/** The text of a licence without the names of holders. */
export function standardLicence(licence: string): string {
  return readFileSync(`${FOLDER}/${licence.toLowerCase()}.txt`, 'utf8').trim()
}
