import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseConfFile } from '../../../src/config/conf-file.ts'

function valueOf(line: string): string | undefined {
  return parseConfFile(line).assignments[0]?.value
}

function messageOf(line: string): string | undefined {
  return parseConfFile(line).problems[0]?.message
}

describe('parseConfFile', () => {
  it.each([
    ['KEY="a b"', 'a b'],
    ["KEY='a b'", 'a b'],
    ['KEY=word', 'word'],
    ['KEY=20 # comment', '20'],
    ['KEY="a" # say "hi"', 'a'],
    ['KEY="a#b"#c', 'a#b'],
    ["KEY='it\\n'", 'it\\n'],
    ['KEY="it\'s"', "it's"],
    ['KEY="$(hostname)-gpu0"   # label', '$(hostname)-gpu0'],
    ['KEY=', ''],
    ['KEY= # nothing', ''],
    ['KEY=""', ''],
    ['  export  KEY = "a"', 'a'],
    ['\uFEFFKEY=a', 'a'],
  ])('reads %j', (line, value) => {
    expect(parseConfFile(line)).toEqual({ assignments: [{ key: 'KEY', value, line: 1 }], problems: [] })
  })

  it('counts lines over comments, blank lines and every kind of line end', () => {
    const { assignments } = parseConfFile('# one\n\r\nA=1\r\n \t\rB=2')
    expect(assignments.map(({ key, line }) => [key, line])).toEqual([
      ['A', 3],
      ['B', 5],
    ])
  })

  it.each([
    ['KEY="open', 'no closing'],
    ['KEY="a" b', 'text after the closing'],
    ['KEY="a"b"', 'text after the closing'],
    ['KEY="a\\nb"', 'use single quotes'],
    ["KEY='a\\'", 'before the closing quote'],
    ['KEY=a#b', 'double quotes'],
    ['KEY=a"b"', 'whole value'],
    ['KEY=a b', 'a space inside'],
    ['KEY=`id`', 'backticks'],
    ['KEY="a\u0000"', 'control character'],
    ['KEY: a', 'expected KEY="value"'],
    ['just words', 'expected KEY="value"'],
  ])('refuses %j, which a shell reads otherwise or not at all', (line, message) => {
    expect(parseConfFile(line).assignments).toEqual([])
    expect(messageOf(line)).toContain(message)
  })

  it('keeps both of two assignments to one key, for the caller to judge', () => {
    expect(parseConfFile('A=1\nA=2').assignments.map(({ value }) => value)).toEqual(['1', '2'])
  })

  it('never throws, and turns each line into at most one assignment or problem', () => {
    const piece = fc.constantFrom(
      'KEY',
      '=',
      '"',
      "'",
      '`',
      '#',
      ' ',
      '\\',
      '$(id)',
      '${X}',
      '\n',
      '\r',
      'export ',
      '\u0000',
      'x',
    )
    const line = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(line, (text) => {
        const { assignments, problems } = parseConfFile(text)
        const lines = [...assignments, ...problems].map((found) => found.line)
        expect(new Set(lines).size).toBe(lines.length)
      }),
    )
  })

  it('gives back any printable value from single quotes, whatever the comment says', () => {
    const value = fc
      .string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCodePoint(code)) })
      .filter((text) => !text.includes("'") && !text.endsWith('\\'))
    const comment = fc.string({ unit: fc.constantFrom('"', "'", '#', ' ', 'a', '\\', '`') })
    fc.assert(
      fc.property(value, comment, (text, note) => {
        expect(valueOf(`KEY='${text}' # ${note}`)).toBe(text)
      }),
    )
  })

  it('gives back any printable value without quote and backslash from double quotes', () => {
    const value = fc
      .string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCodePoint(code)) })
      .filter((text) => !/["\\]/.test(text))
    fc.assert(
      fc.property(value, (text) => {
        expect(valueOf(`KEY="${text}"  # it's "so"`)).toBe(text)
      }),
    )
  })

  it('never repeats the text of a line that it cannot read', () => {
    const wrong = fc.stringMatching(/^[a-z]{6,20}$/).map((word) => ({ word: `zq${word}`, line: `API_KEY="zq${word}" zq${word}` }))
    fc.assert(
      fc.property(wrong, ({ word, line }) => {
        const { problems } = parseConfFile(line)
        expect(problems).toHaveLength(1)
        expect(JSON.stringify(problems)).not.toContain(word)
      }),
    )
  })
})
