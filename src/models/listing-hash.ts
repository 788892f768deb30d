import { createHash } from 'node:crypto'

/** The sha256 of a model of several files: of their listing, as `domain/models.ts` tells. Of one file, that file's own. */
export function modelHash(files: readonly { readonly path: string; readonly sha256: string }[]): string {
  const [only] = files
  if (files.length === 1 && only !== undefined) return only.sha256
  const lines = files
    .map(({ path, sha256 }) => ({ path: Buffer.from(path, 'utf8'), sha256 }))
    .toSorted((a, b) => Buffer.compare(a.path, b.path))
    .map(({ path, sha256 }) => `${sha256}  ${path.toString('utf8')}\n`)
  return createHash('sha256').update(lines.join('')).digest('hex')
}
