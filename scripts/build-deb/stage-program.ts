import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { BuildContext } from './build-context.ts'
import type { Program } from './module-graph.ts'
import { runtimeFiles } from './runtime-files.ts'
import { shippedFolder } from './shipped-folder.ts'
import type { ShippedPackage } from './shipped-folder.ts'
import type { StagedTree } from './staged-tree.ts'
import { isForTarget } from './target.ts'

const ManifestSchema = z.object({ name: z.string(), description: z.string(), license: z.string() })

/**
 * Puts a program's JavaScript and the npm packages that it needs below `prefix`, with a manifest that tells Node how to read it and
 * the program its version. Returns the packages, for the copyright file.
 */
export function stageProgram(
  tree: StagedTree,
  prefix: string,
  program: Program,
  context: BuildContext,
): readonly ShippedPackage[] {
  for (const source of program.sources) {
    const file = source.replace(/\.ts$/, '.js')
    tree.copy(join(context.compiled, file), join(prefix, file))
  }
  const { name, description, license } = ManifestSchema.parse(JSON.parse(readFileSync('package.json', 'utf8')))
  const manifest = { name, version: context.version, private: true, description, license, type: 'module' }
  tree.write(join(prefix, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  const locked = context.lock.closure(program.packages, (packageName) => isForTarget(packageName, context.target))
  return locked.map((entry) => {
    const folder = shippedFolder(entry, context.cache)
    for (const file of runtimeFiles(folder, entry.name, context.target)) {
      tree.copy(join(folder, file), join(prefix, entry.path, file))
    }
    return { ...entry, folder }
  })
}
