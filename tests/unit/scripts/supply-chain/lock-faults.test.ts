import { describe, expect, it } from 'vitest'
import { lockFaults } from '../../../../scripts/supply-chain/lock-faults.ts'
import { readNpmLock } from '../../../../scripts/supply-chain/npm-lock.ts'
import type { LockEntry } from '../../../../scripts/supply-chain/npm-lock.ts'

const HASH = `sha512-${'A'.repeat(86)}==`

function faultsOf(entry: LockEntry, path = 'node_modules/a'): readonly string[] {
  return lockFaults({ lockfileVersion: 3, packages: { '': {}, [path]: entry } })
}

describe('lockFaults', () => {
  it('finds nothing wrong with the lock file of the checkout', () => {
    const lock = readNpmLock('package-lock.json')
    expect(Object.keys(lock.packages).length).toBeGreaterThan(100)
    expect(lockFaults(lock)).toEqual([])
  })

  it('takes a package of the registry with a SHA-512 hash, with its address or without', () => {
    expect(faultsOf({ version: '1.2.3', integrity: HASH })).toEqual([])
    expect(faultsOf({ version: '1.2.3-rc.1', integrity: HASH, resolved: 'https://registry.npmjs.org/a/-/a-1.2.3.tgz' })).toEqual(
      [],
    )
  })

  it.each([
    ['has no hash', { version: '1.2.3' }],
    ['has a weak hash', { version: '1.2.3', integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }],
    ['has a weak hash besides', { version: '1.2.3', integrity: `sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= ${HASH}` }],
    ['is optional without a hash, for any platform', { version: '1.2.3', optional: true }],
    ['is optional without a hash, for ours', { version: '1.2.3', optional: true, os: ['linux'], cpu: ['x64'] }],
    ['is optional without a hash, for all but another', { version: '1.2.3', optional: true, os: ['!win32'] }],
    ['comes from git', { version: '1.2.3', integrity: HASH, resolved: 'git+ssh://git@example.org/a.git#0123456' }],
    ['comes from another host', { version: '1.2.3', integrity: HASH, resolved: 'https://registry.example/a/-/a-1.2.3.tgz' }],
    ['comes without TLS', { version: '1.2.3', integrity: HASH, resolved: 'http://registry.npmjs.org/a/-/a-1.2.3.tgz' }],
    ['is the tarball of another', { version: '1.2.3', integrity: HASH, resolved: 'https://registry.npmjs.org/b/-/b-1.2.3.tgz' }],
    ['is a file', { version: 'file:../a', integrity: HASH }],
    ['goes by another name', { version: '1.2.3', integrity: HASH, name: 'b' }],
    ['is a link into the disk', { link: true, resolved: '../elsewhere' }],
  ])('refuses a package that %s', (_what, entry) => {
    expect(faultsOf(entry)).toEqual([expect.stringContaining('node_modules/a')])
  })

  it('takes what needs no hash: builds for other platforms, parts of another tarball, the empty package of what is left out', () => {
    expect(faultsOf({ version: '1.2.3', optional: true, os: ['darwin'], cpu: ['arm64'] })).toEqual([])
    expect(faultsOf({ version: '1.2.3', optional: true, os: ['linux'], cpu: ['x64'], libc: ['musl'] })).toEqual([])
    expect(faultsOf({ version: '1.2.3', inBundle: true })).toEqual([])
    expect(faultsOf({ link: true, resolved: 'packaging/npm/omitted/packaging/npm/omitted' })).toEqual([])
    expect(faultsOf({ optional: true }, 'node_modules/b/packaging/npm/omitted')).toEqual([])
  })

  it('refuses a lock file of a form that does not record all hashes', () => {
    expect(lockFaults({ lockfileVersion: 1, packages: {} })).toEqual([expect.stringContaining('version 1')])
  })
})
