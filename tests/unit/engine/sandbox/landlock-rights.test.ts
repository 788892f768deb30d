import { describe, expect, it } from 'vitest'
import { handledAccess, hasSignalScope, rightsOf } from '../../../../src/engine/sandbox/landlock-rights.ts'

describe('handledAccess', () => {
  // The lists of rights in the kernel's documentation of Landlock, version by version.
  it.each([
    [1, { files: 0x1fff, network: 0, scopes: 0, structBytes: 8 }],
    [2, { files: 0x3fff, network: 0, scopes: 0, structBytes: 8 }],
    [3, { files: 0x7fff, network: 0, scopes: 0, structBytes: 8 }],
    [4, { files: 0x7fff, network: 3, scopes: 0, structBytes: 16 }],
    [5, { files: 0xffff, network: 3, scopes: 0, structBytes: 16 }],
    [6, { files: 0xffff, network: 3, scopes: 3, structBytes: 24 }],
    [7, { files: 0xffff, network: 3, scopes: 3, structBytes: 24 }],
  ])('takes all that version %i can forbid', (abi, expected) => {
    expect(handledAccess(abi)).toEqual(expected)
  })
})

describe('rightsOf', () => {
  it('leaves out what a version does not know, which the kernel would refuse', () => {
    expect(rightsOf('device', 4, true)).toBe(0b1110)
    expect(rightsOf('device', 5, true)).toBe(0b1110 | 0x8000)
  })

  it('leaves out the rights of folders for a file', () => {
    expect(rightsOf('read', 7, true)).toBe(0b1100)
    expect(rightsOf('read', 7, false)).toBe(0b0100)
  })

  it('lets an engine make files and folders for its work, but no links, pipes, sockets and devices, and run none of it', () => {
    expect(rightsOf('work', 7, true)).toBe(0b100_0001_1011_1110)
  })
})

describe('hasSignalScope', () => {
  it('is there from the sixth version on', () => {
    expect([null, 5, 6, 7].map(hasSignalScope)).toEqual([false, false, true, true])
  })
})
