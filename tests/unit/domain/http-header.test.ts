import { describe, expect, it } from 'vitest'
import { headerText, headerTimeMs } from '../../../src/domain/http-header.ts'

describe('a header', () => {
  it.each([
    ['text', 'text'],
    [['first', 'second'], 'first'],
    ['', ''],
    [[], null],
    [undefined, null],
  ])('that came as %j says %j', (header, text) => {
    expect(headerText(header)).toBe(text)
  })

  it.each([
    ['Thu, 01 Jan 1970 00:00:01 GMT', 1000],
    [['Thu, 01 Jan 1970 00:00:01 GMT', 'yesterday'], 1000],
    ['yesterday', null],
    [undefined, null],
  ])('that came as %j tells the time %j', (header, ms) => {
    expect(headerTimeMs(header)).toBe(ms)
  })
})
