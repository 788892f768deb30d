const SECONDS = /^\d+$/
/** `Sun, 06 Nov 1994 08:49:37 GMT`, or the obsolete `Sunday, 06-Nov-94 08:49:37 GMT`. */
const DATE = /^[A-Z][a-z]{2,8}, \d{2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT$/
/** The obsolete `Sun Nov  6 08:49:37 1994`, which is in UTC without saying so. */
const C_DATE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/

/**
 * What a `Retry-After` header asks for, in milliseconds from `nowMs` on, at most `maxMs`: seconds, or an HTTP date in any form
 * that a recipient must take (RFC 9110, 5.6.7 and 10.2.3). 0 for a date that has passed, null for anything else.
 */
export function retryAfterMs(header: string | null, nowMs: number, maxMs: number): number | null {
  const text = header?.trim() ?? ''
  const ms = SECONDS.test(text) ? Number(text) * 1000 : httpDateMs(text) - nowMs
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), maxMs)
}

/** NaN for what is no such date: `Date.parse` alone takes `-5` and `1.5` for days of 2001. */
function httpDateMs(text: string): number {
  if (DATE.test(text)) return Date.parse(text)
  return C_DATE.test(text) ? Date.parse(`${text} GMT`) : Number.NaN
}
