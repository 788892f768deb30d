import { describe, expect, it } from 'vitest'
import { toPciAddress } from '../../../src/hardware/pci-address.ts'

describe('toPciAddress', () => {
  it.for([
    ['00000000:0A:00.0', '0000:0a:00.0'],
    ['0000:01:00.0', '0000:01:00.0'],
    ['01:00.0', '0000:01:00.0'],
    ['00010000:e1:00.1', '10000:e1:00.1'],
    ['0:1', null],
    ['N/A', null],
    ['01:00.9', null],
    ['', null],
  ] as const)('writes %j as %j', ([text, address]) => {
    expect(toPciAddress(text)).toBe(address)
  })
})
