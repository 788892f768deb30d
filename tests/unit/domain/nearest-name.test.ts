import { describe, expect, it } from 'vitest'

import { keyNames } from '../../../src/config/keys.ts'
import { nearestName } from '../../../src/domain/nearest-name.ts'

describe('nearestName', () => {
  it.each([
    ['COORD_ULR', 'COORD_URL'],
    ['coord_url', 'COORD_URL'],
    ['APIKEY', 'API_KEY'],
    ['HEARTBEAT_SEC', 'HEARTBEAT_SECS'],
    ['WALLET_ADDRESS', 'WALLET_ADDR'],
    ['MAX_CONCURENCY', 'MAX_CONCURRENCY'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearestName(typed, keyNames())).toBe(meant)
  })

  it.each(['FOO', 'PASSWORD', 'X', ''])('has no guess for %j', (typed) => {
    expect(nearestName(typed, keyNames())).toBeNull()
  })
})
