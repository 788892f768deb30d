import { describe, expect, it } from 'vitest'

import { formatAge, formatSpan } from '../../../src/cli/format-time.ts'

describe('formatSpan', () => {
  it.each([
    [-5, '0 s'],
    [0.4, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min 0 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
    [350_000, '4 d 1 h'],
  ])('shows %d seconds as %s', (seconds, text) => {
    expect(formatSpan(seconds)).toBe(text)
  })
})

describe('formatAge', () => {
  it('counts from an ISO time to now, and is honest about one that it cannot read', () => {
    expect(formatAge('2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1, 0, 0, 8))).toBe('8 s')
    expect(formatAge('yesterday', 0)).toBe('an unknown time')
  })
})
