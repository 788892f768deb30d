import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFolder } from '../../../src/platform/make-folder.ts'
import { errorOf } from '../../support/error-of.ts'
import { tempDir } from '../../support/temp-dir.ts'

describe('makeFolder', () => {
  it('makes what is missing with the mode, and leaves what is there', () => {
    const base = join(tempDir(), 'there')
    mkdirSync(base)
    chmodSync(base, 0o755)
    makeFolder(join(base, 'a', 'b'), 0o700)
    makeFolder(join(base, 'a', 'b'), 0o700)
    expect([base, join(base, 'a'), join(base, 'a', 'b')].map((path) => statSync(path).mode & 0o777)).toEqual([
      0o755, 0o700, 0o700,
    ])
  })

  it('fails on a file system that takes no folders, rather than trying for ever', () => {
    expect(errorOf(() => makeFolder('/proc/aitbc/state', 0o700))).toMatchObject({ code: 'ENOENT' })
  })

  it('fails below a file', () => {
    const file = join(tempDir(), 'file')
    writeFileSync(file, '')
    expect(errorOf(() => makeFolder(join(file, 'a'), 0o700))).toMatchObject({ code: 'ENOTDIR' })
  })
})
