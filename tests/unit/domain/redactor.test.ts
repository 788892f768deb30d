import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Redactor } from '../../../src/domain/redactor.ts'

const SECRET = 'sk-Live+7/q"Z\\x=~?end'

const hexOf = (text: string): string => Buffer.from(text).toString('hex')
const everyCharacter = (text: string, encode: (hex: string) => string): string =>
  Array.from(text)
    .map((character) => encode(hexOf(character)))
    .join('')

const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  'URL-encoded': encodeURIComponent,
  'URL-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'URL-encoded in full': (secret) => everyCharacter(secret, (hex) => `%${hex.toUpperCase()}`),
  'as form data': (secret) => new URLSearchParams({ secret }).toString(),
  'as JSON': (secret) => JSON.stringify(secret),
  'as JSON in JSON in JSON': (secret) => JSON.stringify(JSON.stringify(JSON.stringify(secret))),
  'as JSON with every character escaped': (secret) => everyCharacter(secret, (hex) => `\\u00${hex}`),
  'as JavaScript with every character escaped': (secret) => everyCharacter(secret, (hex) => `\\x${hex}`),
  'as JavaScript code points': (secret) => everyCharacter(secret, (hex) => `\\u{${hex}}`),
  'in hex': hexOf,
  'in upper-case hex': (secret) => hexOf(secret).toUpperCase(),
  'in base64': (secret) => Buffer.from(secret).toString('base64'),
  'in base64url': (secret) => Buffer.from(secret).toString('base64url'),
  'in base64, behind one byte': (secret) => Buffer.from(`:${secret}`).toString('base64'),
  'in base64, behind two bytes': (secret) => Buffer.from(`a:${secret}!`).toString('base64'),
  'in base64 in a URL': (secret) => encodeURIComponent(Buffer.from(`Bearer ${secret}`).toString('base64')),
  backwards: (secret) => Array.from(secret).toReversed().join(''),
}

/** The longest piece of either that is in the other. */
function longestPiece(of: string, text: string): number {
  let longest = 0
  for (let from = 0; from < of.length; from += 1) {
    while (text.includes(of.slice(from, from + longest + 1)) && from + longest < of.length) longest += 1
  }
  return longest
}

describe('the redactor', () => {
  it.each(Object.entries(FORMS))('takes out a secret that is %s', (_name, form) => {
    const shown = new Redactor(['another-secret', SECRET]).clean(`before ${form(SECRET)} after`)
    expect(shown).toMatch(/^before .*\[redacted\].* after$/)
    // At the edges of base64, characters of neighbouring bytes are left, and quotes where it was quoted.
    expect(longestPiece(form(SECRET), shown)).toBeLessThanOrEqual(Buffer.from('Bearer ').toString('base64').length)
  })

  it('takes out any key that the configuration takes, in every form', () => {
    const key = fc.string({
      unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
      minLength: 12,
      maxLength: 60,
    })
    fc.assert(
      fc.property(key, fc.constantFrom(...Object.values(FORMS)), (secret, form) => {
        expect(new Redactor([secret]).clean(`x ${form(secret)} y`)).toContain('[redacted]')
      }),
    )
  })

  it('leaves a text without secrets as it is', () => {
    const text = 'job done job=job_1 output_sha=0123456789abcdef %41%42 \\u0041 U0stTGl2ZQ=='
    expect(new Redactor([SECRET]).clean(text)).toBe(text)
  })

  it('leaves nothing of the longer of two secrets where one contains the other', () => {
    expect(new Redactor(['secret', 'secret-and-more']).clean('a secret-and-more b')).toBe('a [redacted] b')
  })

  it('does not look for secrets too short to be any', () => {
    expect(new Redactor(['', 'a', 'abc']).clean('abc')).toBe('abc')
  })

  it('keeps JSON what it was, but for the secret', () => {
    const text = JSON.stringify({ a: `x${SECRET}`, b: [`${SECRET}"`, 1], c: `\\${SECRET}\n` })
    expect(JSON.parse(new Redactor([SECRET]).clean(text))).toEqual({
      a: 'x[redacted]',
      b: ['[redacted]"', 1],
      c: expect.stringContaining('[redacted]\n'),
    })
  })

  it.each(['\\', '%', '%25', 'sk-Live', '\\u00', 'c2stTGl2ZSs3'])('is quick with megabytes of %s', (piece) => {
    const text = piece.repeat(Math.ceil(4_000_000 / piece.length))
    const start = process.cpuUsage()
    expect(new Redactor([SECRET]).clean(text)).toBe(text)
    // Some tens of milliseconds of processor time; a search that backtracks takes hours.
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(10_000)
  })
})
