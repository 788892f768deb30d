import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { GuardedAnswer } from './guarded-request.ts'

/** What an earlier try has left, to be gone on with. */
export interface Resume {
  readonly bytes: number
  /** Names the version of the file that they are of. */
  readonly validator: string
  /** Of these bytes. */
  readonly hash: Hash
}

/**
 * What can be gone on with at `path`; null for nothing. It is hashed here, before the rest is asked for: a server does not wait for as
 * long as a large file takes.
 */
export async function findResume(path: string, signal: AbortSignal): Promise<Resume | null> {
  const bytes = await sizeOf(path)
  if (bytes === 0) return null
  const validator = await readFile(validatorPath(path), 'utf8').catch(() => null)
  if (validator === null) return null
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { end: bytes - 1 }), hash, { end: false, signal })
  return { bytes, validator, hash }
}

/** Asks for the rest alone, and for the whole file where that has changed; for nothing special without a beginning. */
export function rangeHeaders(resume: Resume | null): Readonly<Record<string, string>> {
  return resume === null ? {} : { range: `bytes=${resume.bytes}-`, 'if-range': resume.validator }
}

/**
 * What an answer brings: the `rest` of what is here; nothing, for it is here `whole`; the file from its start (`anew`), if it is a
 * good answer at all; or what has no use, so that what is here is `gone` as well.
 */
export function judgeAnswer({ status, headers }: GuardedAnswer, resume: Resume | null): 'rest' | 'whole' | 'anew' | 'gone' {
  if (status !== 206 && status !== 416) return 'anew'
  if (resume === null) return 'gone'
  const { start, total } = contentRange(headers)
  if (status === 416) return total === resume.bytes ? 'whole' : 'gone'
  // Not every server minds If-Range.
  const validator = validatorOf(headers)
  return start === resume.bytes && (validator === null || validator === resume.validator) ? 'rest' : 'gone'
}

/** The length of the whole file, by an answer that begins `offset` bytes into it; null when it does not tell. */
export function totalOf({ headers }: GuardedAnswer, offset: number): number | null {
  const { total } = contentRange(headers)
  if (offset > 0 && total !== null) return total
  const length = Number(headers['content-length'] ?? Number.NaN)
  return Number.isNaN(length) ? null : offset + length
}

/** Notes which version of the file comes; where the server names none, a broken download cannot be gone on with. */
export async function keepValidator(path: string, { headers }: GuardedAnswer): Promise<void> {
  const validator = validatorOf(headers)
  if (validator === null) await rm(validatorPath(path), { force: true })
  else await writeFile(validatorPath(path), validator)
}

/** What lies at `path` then cannot be gone on with. */
export async function forgetValidator(path: string): Promise<void> {
  await rm(validatorPath(path), { force: true })
}

/** Removes what has come, and what it was of. */
export async function forgetDownload(path: string): Promise<void> {
  await rm(path, { force: true })
  await forgetValidator(path)
}

/** In bytes; 0 where there is no such file. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

function validatorPath(path: string): string {
  return `${path}.validator`
}

/** What names this version of the file for `If-Range`: a strong ETag, else the date. */
function validatorOf({ etag, 'last-modified': modified }: GuardedAnswer['headers']): string | null {
  const validator = typeof etag === 'string' && !etag.startsWith('W/') ? etag : modified
  return typeof validator === 'string' ? validator : null
}

function contentRange(headers: GuardedAnswer['headers']): { readonly start: number | null; readonly total: number | null } {
  const [, start, total] = /^bytes (?:(\d+)-\d+|\*)\/(?:(\d+)|\*)$/.exec(String(headers['content-range'])) ?? []
  return { start: start === undefined ? null : Number(start), total: total === undefined ? null : Number(total) }
}
