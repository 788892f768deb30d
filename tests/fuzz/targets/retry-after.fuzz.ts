import fc from 'fast-check'
import { retryAfterMs } from '../../../src/domain/retry-after.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { damagedText } from '../mutations/text-edits.ts'

const NOW = Date.UTC(2026, 0, 1)
const MAX_MS = 60_000

const HEADERS = [
  '7',
  '0',
  '86400',
  'Thu, 01 Jan 2026 00:00:09 GMT',
  'Thursday, 01-Jan-26 00:00:09 GMT',
  'Thu Jan  1 00:00:09 2026',
]
const WORDS = [
  '-',
  '+',
  '.',
  'e',
  ',',
  ':',
  'GMT',
  'PST',
  '+0200',
  'Z',
  'T',
  '1e3',
  '0x10',
  'Infinity',
  'NaN',
  'Feb',
  '31',
  '99',
  '2026',
  ' ',
  '(',
  ')',
]

/** Half of them dates as they should be, which must be taken to the second. */
const dates = fc.integer({ min: -100_000, max: 100_000 }).map((seconds) => new Date(NOW + seconds * 1000))

/** A header is nothing, or a wait of bounds; a number of seconds, or a date, is that wait. */
export const retryAfter = fuzzTarget<string | Date>({
  name: 'retry-after',
  runsInTests: 500,
  input: () => fc.oneof(damagedText(fc.constantFrom(...HEADERS), { words: WORDS }), dates),
  open: () => ({
    holds: (header) => {
      const ms = retryAfterMs(typeof header === 'string' ? header : header.toUTCString(), NOW, MAX_MS)
      if (ms !== null && !(ms >= 0 && ms <= MAX_MS)) throw new Error(`a wait of ${ms} ms`)
      const wantedMs =
        typeof header === 'string' ? (/^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : null) : header.getTime() - NOW
      if (wantedMs !== null && ms !== Math.min(Math.max(wantedMs, 0), MAX_MS))
        throw new Error(`a wait of ${ms} ms instead of ${wantedMs}`)
      if (ms !== null && typeof header === 'string' && !/^\s*\d+\s*$|\d{2}:\d{2}:\d{2}/.test(header))
        throw new Error('neither seconds nor a date')
    },
  }),
})
