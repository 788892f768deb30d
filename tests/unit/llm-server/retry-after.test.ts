import { describe, expect, it } from 'vitest'
import { retryAfterMs } from '../../../src/llm-server/retry-after.ts'

describe('retryAfterMs', () => {
  const nowMs = Date.UTC(2026, 0, 1)

  it.each([
    [null, null],
    ['7', 7_000],
    [' 0 ', 0],
    ['86400', 60_000],
    ['Thu, 01 Jan 2026 00:00:09 GMT', 9_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', null],
    ['', null],
  ])('reads %j as %j', (header, ms) => {
    expect(retryAfterMs(header, nowMs)).toBe(ms)
  })
})
