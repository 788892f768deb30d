import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { linkEqualFiles } from '../../../scripts/build-deb/link-equal-files.ts'
import { StagedTree } from '../../../scripts/build-deb/staged-tree.ts'
import { writeDeb } from '../../../scripts/build-deb/write-deb.ts'
import { tempDir } from '../../support/temp-dir.ts'

const CONTROL = `Package: something
Version: @VERSION@
Architecture: @ARCHITECTURE@
Maintainer: someone <someone@example.org>
Installed-Size: @INSTALLED_SIZE@
Description: something
`
const SECONDS = 1_700_000_000

/** Builds a small package in a folder of its own, the files written in this order. */
function build(order: readonly number[]): string {
  const folder = tempDir()
  const packaging = join(folder, 'packaging')
  mkdirSync(packaging)
  writeFileSync(join(packaging, 'control'), CONTROL)
  writeFileSync(join(packaging, 'postinst'), '#!/bin/sh\n')
  const tree = new StagedTree(join(folder, 'tree'))
  tree.clear()
  const files = [
    () => tree.write('usr/lib/something/a.so', Buffer.alloc(100_000, 1)),
    () => tree.write('usr/lib/something/b/a.so', Buffer.alloc(100_000, 1)),
    () => tree.write('usr/bin/something', '#!/bin/sh\n', 0o755),
    () => tree.write('etc/something.conf', 'KEY=secret\n', 0o640),
  ]
  for (const index of order) files[index]?.()
  linkEqualFiles(tree)
  const facts = { packageName: 'something', version: '1.0', architecture: 'all', packaging, seconds: SECONDS, output: folder }
  return writeDeb(tree, { ...facts, compression: 0 }).path
}

const dpkgDeb = (...args: readonly string[]): string => execFileSync('dpkg-deb', args, { encoding: 'utf8', env: { TZ: 'UTC' } })

describe('writeDeb', () => {
  it('makes the same bytes in another folder, at another time, from files in another order', () => {
    const first = readFileSync(build([0, 1, 2, 3]))
    const umask = process.umask(0o077)
    try {
      expect(readFileSync(build([3, 2, 1, 0])).equals(first)).toBe(true)
    } finally {
      process.umask(umask)
    }
  })

  it('gives all to root, with fixed modes and the time of the commit, and makes links of large equal files', () => {
    const lines = dpkgDeb('--contents', build([0, 1, 2, 3]))
      .trim()
      .split('\n')
    const listed = lines.map((line) => line.replaceAll(/\s+/g, ' '))
    expect(listed).toContain('-rw-r----- root/root 11 2023-11-14 22:13 ./etc/something.conf')
    expect(listed).toContain('-rwxr-xr-x root/root 10 2023-11-14 22:13 ./usr/bin/something')
    expect(listed).toContain('-rw-r--r-- root/root 100000 2023-11-14 22:13 ./usr/lib/something/a.so')
    expect(listed).toContain('lrwxrwxrwx root/root 0 2023-11-14 22:13 ./usr/lib/something/b/a.so -> ../a.so')
    expect(listed).toContain('drwxr-xr-x root/root 0 2023-11-14 22:13 ./usr/lib/something/')
  })

  it('tells dpkg which files are conffiles, and the sums of the others', () => {
    const deb = build([0, 1, 2, 3])
    expect(dpkgDeb('--info', deb, 'conffiles')).toBe('/etc/something.conf\n')
    expect(dpkgDeb('--info', deb, 'md5sums').match(/\S+$/gm)).toEqual(['usr/bin/something', 'usr/lib/something/a.so'])
    expect(dpkgDeb('--field', deb, 'Version', 'Architecture')).toBe('Version: 1.0\nArchitecture: all\n')
  })
})
