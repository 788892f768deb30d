import dotenv from 'dotenv'

/** An assignment as it stands in the file, its quotes taken off, nothing replaced in it yet. */
export interface Assignment {
  readonly key: string
  readonly value: string
  /** From 1. */
  readonly line: number
}

/** A line that cannot be read. The message never quotes the line, which may hold a secret. */
export interface LineProblem {
  readonly key: string | null
  readonly line: number
  readonly message: string
}

export interface ConfFile {
  /** In the order of the file; a key may stand in it more than once. */
  readonly assignments: readonly Assignment[]
  readonly problems: readonly LineProblem[]
}

const BLANK = /^\s*(?:#.*)?$/
const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/
/** Tab is allowed between words of a line, all other control characters are not. */
// oxlint-disable-next-line no-control-regex -- it is control characters that are looked for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f\u0085\u2028\u2029]/

/**
 * Reads the text of a `miner.conf`: lines `KEY="value"  # comment`, as a shell would read them, without executing
 * anything. Never throws: lines that it cannot read are in `problems`.
 *
 * Values are read by dotenv, a line at a time. Where dotenv would take something else than a shell does, or guess (text
 * after a closing quote, `#` in a word, an open quote, escapes), the line is a problem, so that no value is cut unseen.
 */
export function parseConfFile(text: string): ConfFile {
  const assignments: Assignment[] = []
  const problems: LineProblem[] = []
  for (const [index, content] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    if (BLANK.test(content)) continue
    const line = index + 1
    const [, key, rest] = ASSIGNMENT.exec(content) ?? []
    if (key === undefined || rest === undefined) {
      problems.push({
        key: null,
        line,
        message: 'expected KEY="value" or a comment that starts with #, found something else; complete or remove the line',
      })
      continue
    }
    const fault = CONTROL.test(content) ? 'found a control character; write the line anew' : findFault(rest)
    const value = fault === null ? dotenv.parse(`VALUE=${rest}`)['VALUE'] : undefined
    if (value === undefined)
      problems.push({ key, line, message: fault ?? 'found a value that cannot be read; put it in double quotes' })
    else assignments.push({ key, value, line })
  }
  return { assignments, problems }
}

/** What is wrong with the text after the `=`, or null. */
function findFault(rest: string): string | null {
  const quote = rest[0]
  if (quote === '`') return 'found a value in backticks; nothing is executed here, so write KEY="value"'
  if (quote !== '"' && quote !== "'") return findBareFault(rest)
  const end = rest.indexOf(quote, 1)
  if (end === -1) return `found a value that opens with ${quote} and has no closing ${quote} on the same line; close it`
  const value = rest.slice(1, end)
  if (quote === '"' && value.includes('\\')) return 'found a \\ between double quotes, where it is special; use single quotes'
  if (quote === "'" && value.endsWith('\\')) return 'found a \\ before the closing quote; a value cannot end with it'
  if (!BLANK.test(rest.slice(end + 1))) {
    return `found text after the closing ${quote}; a value holds no quote of its own kind, and a comment starts with #`
  }
  return null
}

function findBareFault(rest: string): string | null {
  const [value = ''] = rest.split(/(?:^|\s)#/, 1)
  const word = value.trim()
  if (word.includes('#')) return 'found a # inside the value; put the value in double quotes, or a space before the comment'
  if (/["'`\\]/.test(word)) return 'found a quote or a \\ inside the value; put the whole value in single or double quotes'
  if (/\s/.test(word)) return 'found a space inside the value; put the value in double quotes'
  return null
}
