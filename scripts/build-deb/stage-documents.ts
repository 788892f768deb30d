import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { compressed } from './compressed.ts'
import { debChangelog } from './deb-changelog.ts'
import type { StagedTree } from './staged-tree.ts'

export interface DocumentFacts {
  readonly packageName: string
  readonly version: string
  readonly seconds: number
  readonly copyright: string
  /** The folder with the package's lintian-overrides. */
  readonly packaging: string
}

/** What Debian wants every package to tell about itself. */
export function stageDocuments(tree: StagedTree, facts: DocumentFacts): void {
  const { packageName, packaging, copyright } = facts
  const folder = `usr/share/doc/${packageName}`
  tree.write(join(folder, 'copyright'), copyright)
  tree.write(join(folder, 'changelog.gz'), compressed(debChangelog(readFileSync('CHANGELOG.md', 'utf8'), facts)))
  const overrides = join(packaging, 'lintian-overrides')
  if (existsSync(overrides)) tree.copy(overrides, `usr/share/lintian/overrides/${packageName}`)
}

/** A manual page, from `NAME.SECTION`. */
export function stageManual(tree: StagedTree, source: string): void {
  const section = /\.(\d)$/.exec(source)?.[1]
  if (section === undefined)
    throw new Error(`${source} does not end with the section of the manual that it is for, as miner.conf.5`)
  tree.write(`usr/share/man/man${section}/${basename(source)}.gz`, compressed(readFileSync(source)))
}
