import { rmSync } from 'node:fs'
import { runTool } from './run-tool.ts'

/** Compiles the sources to JavaScript in `folder`. Throws with the compiler's complaints. */
export function compileSources(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  runTool(['tsc', '--project', 'tsconfig.build.json', '--outDir', folder])
}
