import { describe, expect, it } from 'vitest'
import { retryAfterMs } from '../../../src/domain/retry-after.ts'

describe('retryAfterMs', () => {
  const nowMs = Date.UTC(2026, 0, 1)

  it.each([
    [null, null],
    ['7', 7_000],
    [' 0 ', 0],
    ['86400', 60_000],
    ['Thu, 01 Jan 2026 00:00:09 GMT', 9_000],
    ['Thursday, 01-Jan-26 00:00:09 GMT', 9_000],
    ['Thu Jan  1 00:00:09 2026', 9_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
    ['soon', null],
    ['', null],
    ['-5', null],
    ['1.5', null],
    ['1e3', null],
    ['2026-01-01T00:00:09Z', null],
    ['Thu, 99 Jan 2026 00:00:09 GMT', null],
    ['Thu, 01 Jan 2026 99:00:09 GMT', null],
    ['9'.repeat(400), 60_000],
  ])('reads %j as %j', (header, ms) => {
    expect(retryAfterMs(header, nowMs, 60_000)).toBe(ms)
  })
})
