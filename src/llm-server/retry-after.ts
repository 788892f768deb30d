/** Longest `Retry-After` that is believed. */
const MAX_MS = 60_000

/** Seconds or an HTTP date (RFC 9110, 10.2.3), at most a minute; null for anything else. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null
  const text = header.trim()
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MAX_MS)
}
