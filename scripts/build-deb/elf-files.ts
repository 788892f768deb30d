import { closeSync, lstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { StagedTree } from './staged-tree.ts'

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46])

/** The programs and libraries of a tree, as paths that can be opened, without symbolic links. */
export function elfFiles(tree: StagedTree): readonly string[] {
  return tree
    .files()
    .map((path) => join(tree.root, path))
    .filter((path) => lstatSync(path).isFile() && isElf(path))
}

function isElf(path: string): boolean {
  const descriptor = openSync(path, 'r')
  try {
    const start = Buffer.alloc(ELF.length)
    readSync(descriptor, start)
    return start.equals(ELF)
  } finally {
    closeSync(descriptor)
  }
}
