/** A header as undici gives it: a list where the other side sent it several times. */
export type HeaderValue = string | readonly string[] | undefined

/** The first value of a header; null where there is none. */
export function headerText(header: HeaderValue): string | null {
  return (typeof header === 'string' ? header : header?.[0]) ?? null
}

/** The time that a header such as `Date` tells, in epoch milliseconds; null where it is missing or no time. */
export function headerTimeMs(header: HeaderValue): number | null {
  const ms = Date.parse(headerText(header) ?? '')
  return Number.isNaN(ms) ? null : ms
}
