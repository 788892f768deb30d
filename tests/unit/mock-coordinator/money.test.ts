import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatMoney, parseReward } from '../../../mock-coordinator/money.ts'

describe('money', () => {
  it('comes back as it went, whatever the amount', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 14n }), (minor) => {
        expect(parseReward(formatMoney(minor))).toBe(minor)
      }),
    )
  })

  it('is exact where floats are not', () => {
    expect(formatMoney(parseReward('0.1') + parseReward('0.2'))).toBe('0.3')
    expect(formatMoney(-25_000_000n)).toBe('-0.25')
  })

  it('is refused with more than eight decimals or over a million', () => {
    expect(() => parseReward('0.000000001')).toThrow('more than 8 decimals')
    expect(() => parseReward('1000000.1')).toThrow('over 1000000')
  })
})
