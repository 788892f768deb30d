/**
 * What JSON leaves as it is and a terminal or a reader may take for more than text: DEL and C1 controls, line
 * separators, marks that turn the direction of text.
 */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const UNPRINTABLE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/**
 * The text as a JSON string, in printable characters alone: whatever a job's id or an error's text holds, it can neither
 * begin a line of its own, nor end its quotes, nor steer a terminal.
 */
export function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
