import { isAbsolute, normalize } from 'node:path'

import { Secret } from './secret.ts'

/** The outcome of reading one value; `why` is for what `expected` alone does not explain. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string | null }

/** How the text of a setting becomes a value. `parse` never throws. */
export interface ValueType<T> {
  /** Completes "expected …". */
  readonly expected: string
  /** True when the text must never be shown. */
  readonly isSecret: boolean
  parse(text: string): Parsed<T>
}

const WRONG: Parsed<never> = { ok: false, why: null }
const good = <T>(value: T): Parsed<T> => ({ ok: true, value })
const wrong = (why: string): Parsed<never> => ({ ok: false, why })

const NUMBER = /^\d{1,12}(?:\.\d{1,6})?$/
// oxlint-disable-next-line no-control-regex -- it is control characters that are looked for
const CONTROL = /[\u0000-\u001f\u007f]/
const INTEGER = /^\d{1,12}$/

interface Range {
  readonly min: number
  readonly max: number
  /** Plural, completes "a number of …". */
  readonly unit: string
}

function inRange(text: string, pattern: RegExp, range: Range): Parsed<number> {
  const value = pattern.test(text) ? Number(text) : Number.NaN
  return value >= range.min && value <= range.max ? good(value) : WRONG
}

/** A decimal number such as `20` or `0.5`. */
export function decimal(range: Range): ValueType<number> {
  const expected = `a number of ${range.unit} from ${range.min} to ${range.max}`
  return { expected, isSecret: false, parse: (text) => inRange(text, NUMBER, range) }
}

/** A whole number. */
export function integer(range: Range): ValueType<number> {
  const expected = `a whole number of ${range.unit} from ${range.min} to ${range.max}`
  return { expected, isSecret: false, parse: (text) => inRange(text, INTEGER, range) }
}

const YES = new Set(['true', 'yes', 'on', '1'])
const NO = new Set(['false', 'no', 'off', '0'])

/** Yes or no, in the words that people use for it. */
export function boolean(): ValueType<boolean> {
  return {
    expected: 'true or false (yes/no, on/off and 1/0 are read as well)',
    isSecret: false,
    parse: (text) => {
      const word = text.toLowerCase()
      if (YES.has(word)) return good(true)
      return NO.has(word) ? good(false) : WRONG
    },
  }
}

/** One of a few words. */
export function choice<const T extends string>(options: readonly T[]): ValueType<T> {
  return {
    expected: `one of ${options.join(', ')}`,
    isSecret: false,
    parse: (text) => {
      const found = options.find((option) => option === text)
      return found === undefined ? WRONG : good(found)
    },
  }
}

/** Text that fits a pattern, which `expected` puts into words. */
export function text(pattern: RegExp, expected: string): ValueType<string> {
  return { expected, isSecret: false, parse: (found) => (pattern.test(found) ? good(found) : WRONG) }
}

/** Text that fits a pattern and is never shown. */
export function secret(pattern: RegExp, expected: string): ValueType<Secret> {
  return { expected, isSecret: true, parse: (found) => (pattern.test(found) ? good(new Secret(found)) : WRONG) }
}

/** Words separated by commas; none is an empty list. */
export function list(pattern: RegExp, expected: string): ValueType<readonly string[]> {
  return {
    expected,
    isSecret: false,
    parse: (text) => {
      const items = text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
      const stranger = items.find((item) => !pattern.test(item))
      return stranger === undefined ? good([...new Set(items)]) : wrong(`${JSON.stringify(stranger)} is not such a name`)
    },
  }
}

function parsePath(path: string): Parsed<string> {
  if (CONTROL.test(path)) return wrong('it holds a control character')
  if (!isAbsolute(path)) return wrong('it does not start with /')
  const clean = normalize(path)
  if (clean === '/') return wrong('it is the root of the file system')
  return good(clean.endsWith('/') ? clean.slice(0, -1) : clean)
}

/** The same, or empty for none. */
export function optional<T>(type: ValueType<T>): ValueType<T | null> {
  return {
    expected: `${type.expected}, or "" for none`,
    isSecret: type.isSecret,
    parse: (text) => (text === '' ? good(null) : type.parse(text)),
  }
}

/** Absolute paths separated by commas; none is an empty list. */
export function paths(): ValueType<readonly string[]> {
  return {
    expected: 'absolute paths, separated by commas',
    isSecret: false,
    parse: (text) => {
      const found: string[] = []
      for (const item of text.split(',')) {
        const path = item.trim()
        if (path === '') continue
        const parsed = parsePath(path)
        if (!parsed.ok) return wrong(`${JSON.stringify(path)}: ${parsed.why ?? 'no path'}`)
        found.push(parsed.value)
      }
      return good([...new Set(found)])
    },
  }
}

/** An absolute path other than `/`. */
export function absolutePath(): ValueType<string> {
  return { expected: 'an absolute path', isSecret: false, parse: parsePath }
}

/** An absolute path, or empty for none. */
export function optionalPath(): ValueType<string | null> {
  return optional(absolutePath())
}

/** An http or https URL with nothing after its path. */
export function baseUrl(): ValueType<URL> {
  return {
    expected: 'a URL such as https://coordinator.example.org',
    isSecret: false,
    parse: (text) => {
      if (/\s/.test(text)) return wrong('it holds a space')
      const url = URL.parse(text)
      if (url === null) return WRONG
      if (url.protocol !== 'https:' && url.protocol !== 'http:') return wrong('it does not start with https:// or http://')
      if (url.username !== '' || url.password !== '') return wrong('it holds a user name or password; the key belongs in API_KEY')
      if (url.search !== '' || url.hash !== '') return wrong('it goes on after the path, with "?" or "#"')
      url.pathname = url.pathname.replace(/\/+$/, '')
      return good(url)
    },
  }
}
