import { existsSync } from 'node:fs'
import { elfFiles } from './elf-files.ts'
import { runTool } from './run-tool.ts'
import type { StagedTree } from './staged-tree.ts'
import type { Target } from './target.ts'

/** Takes symbols that only debuggers read out of every ELF file, as Debian's dh_strip does: 22 % of Node, 5 % of llama.cpp. */
export function stripBinaries(tree: StagedTree, target: Target): void {
  const binaries = elfFiles(tree)
  if (binaries.length === 0) return
  const prefixed = `${target.gnuTriplet}-strip`
  runTool([existsSync(`/usr/bin/${prefixed}`) ? prefixed : 'strip', '--strip-unneeded', ...binaries], {
    debianPackage: `binutils-${target.gnuTriplet.replace('_', '-')}`,
  })
}
