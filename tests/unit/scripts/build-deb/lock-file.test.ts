import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LockFile } from '../../../../scripts/build-deb/lock-file.ts'
import { tempDir } from '../../../support/temp-dir.ts'

function lockFile(packages: Readonly<Record<string, object>>): LockFile {
  const path = join(tempDir(), 'package-lock.json')
  writeFileSync(path, JSON.stringify({ packages }))
  return LockFile.read(path)
}

const all = (): boolean => true
const paths = (lock: LockFile, names: readonly string[], isWanted: (name: string) => boolean = all): readonly string[] =>
  lock.closure(names, isWanted).map(({ path }) => path)

describe('LockFile', () => {
  it('finds what packages need, and takes the nearest copy of each as Node does', () => {
    const lock = lockFile({
      'node_modules/a': { version: '1.0.0', dependencies: { b: '^2.0.0', c: '*' } },
      'node_modules/a/node_modules/b': { version: '2.0.0', dependencies: { c: '*' } },
      'node_modules/b': { version: '1.0.0' },
      'node_modules/c': { version: '1.0.0', dependencies: { a: '*' } },
      'node_modules/d': { version: '1.0.0' },
    })
    expect(paths(lock, ['a'])).toEqual(['node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/c'])
    expect(paths(lock, ['b', 'd'])).toEqual(['node_modules/b', 'node_modules/d'])
  })

  it('tells which copies each package needs', () => {
    const lock = lockFile({
      'node_modules/a': { version: '1.0.0', dependencies: { c: '*', b: '^2.0.0' } },
      'node_modules/a/node_modules/b': { version: '2.0.0', dependencies: { a: '*' } },
      'node_modules/b': { version: '1.0.0' },
      'node_modules/c': { version: '1.0.0' },
    })
    expect(lock.closure(['a'], all).map(({ path, needs }) => [path, needs])).toEqual([
      ['node_modules/a', ['node_modules/a/node_modules/b', 'node_modules/c']],
      ['node_modules/a/node_modules/b', ['node_modules/a']],
      ['node_modules/c', []],
    ])
  })

  it('leaves out unwanted packages with what only they need', () => {
    const lock = lockFile({
      'node_modules/a': { version: '1.0.0', optionalDependencies: { 'a-linux-x64': '1', 'a-win32-x64': '1' } },
      'node_modules/a-linux-x64': { version: '1.0.0' },
      'node_modules/a-win32-x64': { version: '1.0.0', dependencies: { registry: '*' } },
      'node_modules/registry': { version: '1.0.0' },
    })
    expect(paths(lock, ['a'], (name) => name !== 'a-win32-x64')).toEqual(['node_modules/a', 'node_modules/a-linux-x64'])
  })

  it('takes a missing package for a mistake, unless it is an optional one', () => {
    const lock = lockFile({
      'node_modules/a': { version: '1.0.0', optionalDependencies: { absent: '1', omitted: '1' } },
      'node_modules/omitted': { link: true },
      'node_modules/b': { version: '1.0.0', dependencies: { absent: '1' } },
    })
    expect(paths(lock, ['a'])).toEqual(['node_modules/a'])
    expect(() => paths(lock, ['b'])).toThrow('absent, needed by node_modules/b, is not in package-lock.json')
  })
})
