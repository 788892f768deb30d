import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundledPartFaults, nodePartFaults } from '../../../../scripts/supply-chain/bundled-part-faults.ts'
import type { BundledPart } from '../../../../scripts/supply-chain/bundled-parts.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const PART = { name: 'zlib', licence: 'Zlib', copyright: 'someone', url: 'https://zlib.net' } satisfies BundledPart
const MARKED: BundledPart = { ...PART, version: '1.3.2', mark: 'deflate 1.3.2 ' }

function faultsOf(parts: readonly BundledPart[], content: string): readonly string[] {
  const folder = tempDir()
  writeFileSync(join(folder, 'lib.so'), content)
  return bundledPartFaults({ files: '*.so', parts }, folder)
}

describe('bundledPartFaults', () => {
  it('is content when each part shows in the binary', () => {
    expect(faultsOf([MARKED], '\u007fELF deflate 1.3.2 Copyright')).toEqual([])
  })

  it('names a part that has gone or has another version', () => {
    expect(faultsOf([MARKED], '\u007fELF deflate 1.4.0 Copyright')).toEqual([expect.stringContaining('zlib has gone or changed')])
  })

  it('names a library that the binary tells of and the list does not', () => {
    const content = '/vcpkg/buildtrees/zlib/src/1.3/a.c deflate 1.3.2 /vcpkg/buildtrees/openssl/src/3.5/b.c'
    expect(faultsOf([MARKED], content)).toEqual([expect.stringContaining('contains openssl, which is not listed')])
  })

  it('names a binary that is not there', () => {
    expect(bundledPartFaults({ files: '*.so', parts: [MARKED] }, tempDir())).toEqual([expect.stringContaining('has no *.so')])
  })
})

describe('nodePartFaults', () => {
  it('compares the list with what Node tells of itself', () => {
    expect(nodePartFaults([PART], { node: '26.0.0', napi: '10', nghttp3: '', zlib: '1.3' })).toEqual([])
    expect(nodePartFaults([PART], { node: '26.0.0', openssl: '3.5.8' })).toEqual([
      'Node contains openssl, which is not listed',
      'Node does not contain zlib, which is listed',
    ])
  })
})
