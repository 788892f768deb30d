import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compressed } from './compressed.ts'
import { sbom } from './sbom.ts'
import type { SbomFacts } from './sbom.ts'
import type { StagedTree } from './staged-tree.ts'

/**
 * Puts the software bill of materials into the tree, compressed, and beside the package. It is staged last: it lists every other file,
 * and so not itself.
 */
export function stageSbom(tree: StagedTree, facts: SbomFacts & { readonly output: string }): void {
  const { packageName, version, architecture, output } = facts
  const text = sbom(tree, facts)
  tree.write(`usr/share/doc/${packageName}/${packageName}.cdx.json.gz`, compressed(text))
  writeFileSync(join(output, `${packageName}_${version}_${architecture}.cdx.json`), text)
}
