import { elfFiles } from './elf-files.ts'
import { runTool } from './run-tool.ts'
import type { StagedTree } from './staged-tree.ts'

/**
 * Lets libraries look for others beside themselves alone. llama.cpp's builds also name folders of the machine that they were made on
 * (/opt/vulkan-sdk/…), where someone else might one day put a library.
 */
export function cleanRunpaths(tree: StagedTree): void {
  for (const path of elfFiles(tree)) {
    const runpath = /RUNPATH\)\s+Library runpath: \[(.*)\]/.exec(runTool(['readelf', '--dynamic', path]))?.[1]
    if (runpath === undefined) continue
    const kept = runpath.split(':').filter((folder) => folder.startsWith('$ORIGIN'))
    if (kept.join(':') === runpath) continue
    runTool(['chrpath', '--replace', kept.join(':'), path], { debianPackage: 'chrpath' })
  }
}
