import { ApiError } from '../api-error.ts'

/** Reads the sha-256 of a `Content-Digest` header (RFC 9530); throws `INVALID_PAYLOAD` without a usable one. */
export function readSha256Digest(header: string | string[] | undefined): Buffer {
  const text = Array.isArray(header) ? header.join(', ') : (header ?? '')
  const encoded = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)/.exec(text)?.[1]
  if (encoded === undefined) {
    throw new ApiError('INVALID_PAYLOAD', 'Content-Digest: must be sha-256=:<base64 of the sha256>:', { field: 'Content-Digest' })
  }
  return Buffer.from(encoded, 'base64')
}

/** The value of a `Content-Digest` header for a lower-case hex sha256. */
export function toContentDigest(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`
}
