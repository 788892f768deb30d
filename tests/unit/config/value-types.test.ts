import { describe, expect, it } from 'vitest'

import { KEYS, keyNames } from '../../../src/config/keys.ts'
import { absolutePath, baseUrl, boolean, decimal, integer, list, optionalPath } from '../../../src/config/value-types.ts'

describe('value types', () => {
  it.each(['true', 'YES', 'on', '1'])('read %s as true', (word) => {
    expect(boolean().parse(word)).toEqual({ ok: true, value: true })
  })

  it.each(['false', 'No', 'off', '0'])('read %s as false', (word) => {
    expect(boolean().parse(word)).toEqual({ ok: true, value: false })
  })

  it.each(['', 'maybe', '2', 'truee'])('do not take %j for a boolean', (word) => {
    expect(boolean().parse(word).ok).toBe(false)
  })

  it.each(['0.5', '1', '10'])('take %s as a number from 0.5 to 10', (number) => {
    expect(decimal({ min: 0.5, max: 10, unit: 'seconds' }).parse(number)).toEqual({ ok: true, value: Number(number) })
  })

  it.each(['0.4', '11', '', '-1', '1e1', '0x5', '5s', 'NaN', 'Infinity', '.5', ' 5'])('refuse %j as such a number', (number) => {
    expect(decimal({ min: 0.5, max: 10, unit: 'seconds' }).parse(number).ok).toBe(false)
  })

  it('refuse a fraction where a whole number is wanted', () => {
    expect(integer({ min: 1, max: 10, unit: 'jobs' }).parse('1.5').ok).toBe(false)
  })

  it('clean a path, without its last slash', () => {
    expect(absolutePath().parse('/a//b/../c/')).toEqual({ ok: true, value: '/a/c' })
  })

  it.each(['relative', '', '~/x', '/', '/a/..', '/a\nb', '/a\u0000'])('refuse %j as a path', (path) => {
    expect(absolutePath().parse(path).ok).toBe(false)
  })

  it('read an empty optional path as none', () => {
    expect(optionalPath().parse('')).toEqual({ ok: true, value: null })
  })

  it('read a list without blanks, gaps and repetitions', () => {
    expect(list(/^\w+$/, 'words').parse(' a, b,,a ')).toEqual({ ok: true, value: ['a', 'b'] })
    expect(list(/^\w+$/, 'words').parse('')).toEqual({ ok: true, value: [] })
  })

  it.each([
    ['https://c.corp', 'https://c.corp/'],
    ['https://c.corp:8443/base//', 'https://c.corp:8443/base'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
  ])('read the base URL %s', (url, href) => {
    const parsed = baseUrl().parse(url)
    expect(parsed.ok ? parsed.value.href : null).toBe(href)
  })

  it.each([
    '',
    'c.corp',
    'ftp://c.corp',
    'https://u:p@c.corp',
    'https://c.corp?x=1',
    'https://c.corp#x',
    'https://c .corp',
    'https://',
  ])('refuse %j as a base URL', (url) => {
    expect(baseUrl().parse(url).ok).toBe(false)
  })

  it.each(keyNames())('keep the doc line of %s fit for a comment and a table', (name) => {
    expect(KEYS[name].doc).toMatch(/^[A-Z][^\n|]{5,140}[^.]$/)
  })
})
