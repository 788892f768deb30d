import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { StagedTree } from './staged-tree.ts'

const LARGE_BYTES = 64 * 1024

/**
 * Makes large files that are equal one file and relative symbolic links to it: the builds of llama.cpp each bring the same libraries
 * for the processor, 20 MB.
 */
export function linkEqualFiles(tree: StagedTree): void {
  const byHash = new Map<string, string>()
  for (const path of tree.files()) {
    const place = join(tree.root, path)
    const status = lstatSync(place)
    if (!status.isFile() || status.size < LARGE_BYTES) continue
    const hash = createHash('sha256').update(readFileSync(place)).digest('hex')
    const first = byHash.get(hash)
    if (first === undefined) {
      byHash.set(hash, path)
      continue
    }
    rmSync(place)
    tree.link(relative(dirname(path), first), path)
  }
}
