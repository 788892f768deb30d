import type { CleanAttributes } from './log-cleaner.ts'
import { quoted } from './quoted.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

/** One event, its secrets taken out. */
export interface LogLine {
  readonly level: LogLevel
  readonly message: string
  readonly atMs: number
  readonly attributes: CleanAttributes
}

/** Makes the text of a line, without its line feed. */
export type LineFormat = (line: LogLine) => string

const MESSAGE_COLUMNS = 24
/** Priorities of sd-daemon(3), which journald takes off the line. */
const JOURNAL_PREFIX: Record<LogLevel, string> = { error: '<3>', warn: '<4>', info: '<6>', debug: '<7>' }
const LEVEL_COLUMN: Record<LogLevel, string> = { error: 'error', warn: 'warn ', info: 'info ', debug: 'debug' }
const COLORS: Record<LogLevel, number> = { error: 31, warn: 33, info: 32, debug: 90 }
/** Fields of every JSON line; an attribute of such a name is left out. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['time', 'level', 'message'])

/** For the journal, which adds the time itself: `<6>job accepted job=job_1 workload=llm_gen`. */
export function journalLine({ level, message, attributes }: LogLine): string {
  return `${JOURNAL_PREFIX[level]}${printable(message)}${pairs(attributes)}`
}

/** For people, in local time: `12:00:01 info  job accepted            job=job_1 workload=llm_gen`. */
export function terminalLine({ level, message, atMs, attributes }: LogLine): string {
  return `${timeOfDay(atMs)} ${LEVEL_COLUMN[level]} ${printable(message).padEnd(MESSAGE_COLUMNS - 1)}${pairs(attributes)}`.trimEnd()
}

/** As `terminalLine`, in colour. */
export function colouredLine({ level, message, atMs, attributes }: LogLine): string {
  const mark = `\u001b[${COLORS[level]}m${LEVEL_COLUMN[level]}\u001b[39m`
  const facts = pairs(attributes)
  return `\u001b[90m${timeOfDay(atMs)}\u001b[39m ${mark} ${facts === '' ? printable(message) : `${printable(message).padEnd(MESSAGE_COLUMNS - 1)}\u001b[90m${facts}\u001b[39m`}`
}

/** One JSON object: `time`, `level`, `message` and the attributes beside them. */
export function jsonLine({ level, message, atMs, attributes }: LogLine): string {
  let line = `{"time":"${new Date(atMs).toISOString()}","level":"${level}","message":${quoted(message)}`
  for (const [key, value] of Object.entries(attributes)) {
    if (!OWN_FIELDS.has(key)) line += `,${quoted(key)}:${typeof value === 'string' ? quoted(value) : JSON.stringify(value)}`
  }
  return `${line}}`
}

function pairs(attributes: CleanAttributes): string {
  let text = ''
  for (const [key, value] of Object.entries(attributes))
    text += ` ${key}=${typeof value === 'string' ? plainOrQuoted(value) : String(value)}`
  return text
}

/** Values of plain words need no quotes. */
function plainOrQuoted(value: string): string {
  return /^[\w.,:;/@+%()[\]{}<>*#~!?&|^$'-]+$/.test(value) ? value : quoted(value)
}

/** Messages are constants of ours, but for a mistake. */
function printable(message: string): string {
  return quoted(message).slice(1, -1).replaceAll('\\"', '"')
}

function timeOfDay(atMs: number): string {
  const date = new Date(atMs)
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}:${twoDigits(date.getSeconds())}`
}

function twoDigits(n: number): string {
  return n < 10 ? `0${n}` : String(n)
}
