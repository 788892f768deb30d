/**
 * nvidia-smi's ways to say that there is no value, as `N/A`, `[N/A]`, `[Not Supported]`, `[Unknown Error]`,
 * `[Insufficient Permissions]`, `[GPU is lost]`, `ERR!`, `Requested functionality has been deprecated`.
 */
const NO_VALUE =
  /^(?:\[.*\]|n\/?a|none|err!?|not (?:supported|available|found|active)|unknown(?: error)?|insufficient permissions|requested functionality has been deprecated|(?:the )?gpu (?:is lost|requires reset).*)$/i

/** The text of a field, or null when it says that there is none. */
export function textValue(field: string | null | undefined): string | null {
  const text = field?.trim() ?? ''
  return text === '' || NO_VALUE.test(text) ? null : text
}

/** The number of a field like `40960 MiB`, `66.92 W` or `36 C`; null for anything else, negative numbers included. */
export function quantityValue(field: string | null | undefined): number | null {
  const number = /^(\d+(?:\.\d+)?)(?:\s*[A-Za-z%][\w/%]*)?$/.exec(field?.trim() ?? '')?.[1]
  if (number === undefined) return null
  const value = Number(number)
  return Number.isSafeInteger(Math.trunc(value)) ? value : null
}

/** Whether a field says that the card itself does not answer any more. */
export function tellsLost(field: string | null | undefined): boolean {
  return /gpu is lost|fallen off the bus/i.test(field ?? '')
}

/** Whether a field says that the card must be reset before it can be used. */
export function tellsResetNeeded(field: string | null | undefined): boolean {
  return /gpu requires reset|reset required/i.test(field ?? '')
}

/** Whether a field says that there is no such thing on this card, unlike that it could not be read. */
export function tellsNotApplicable(field: string | null | undefined): boolean {
  return /^\[?(?:n\/a|not supported)\]?$/i.test(field?.trim() ?? '')
}
