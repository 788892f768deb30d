import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A ULID with a prefix, such as `job_01J…`: sorts by time, safe as a file name. */
export function newId(prefix: string, nowMs: number): string {
  let time = ''
  let rest = Math.max(0, Math.floor(nowMs))
  for (let digit = 0; digit < 10; digit += 1) {
    time = ALPHABET.charAt(rest % 32) + time
    rest = Math.floor(rest / 32)
  }
  let random = ''
  for (const byte of randomBytes(16)) random += ALPHABET.charAt(byte % 32)
  return `${prefix}_${time}${random}`
}

/** ISO 8601 UTC. */
export function toUtcTime(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
