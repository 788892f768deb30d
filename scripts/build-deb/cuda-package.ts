import { join } from 'node:path'
import type { BuildContext } from './build-context.ts'
import { cleanRunpaths } from './clean-runpaths.ts'
import { debCopyright } from './deb-copyright.ts'
import { unpackedPackage } from './npm-tarball.ts'
import { pinnedCuda } from './pinned-cuda.ts'
import { runtimeFiles } from './runtime-files.ts'
import type { ShippedPackage } from './shipped-folder.ts'
import { stageDocuments } from './stage-documents.ts'
import { stageSbom } from './stage-sbom.ts'
import { StagedTree } from './staged-tree.ts'
import { stripBinaries } from './strip-binaries.ts'
import { writeDeb } from './write-deb.ts'
import type { WrittenDeb } from './write-deb.ts'

const PACKAGE = 'aitbc-miner-cuda'
const PACKAGING = 'packaging/debian/aitbc-miner-cuda'
const APP = 'usr/lib/aitbc-miner/app'

/**
 * The CUDA build of llama.cpp, which a checkout leaves out (`overrides` in package.json): fetched by the hashes of pinned.json, and
 * installed where node-llama-cpp in the miner's package looks for it.
 */
export function buildCudaPackage(context: BuildContext): WrittenDeb {
  const { version, seconds, target } = context
  const { architecture } = target
  if (architecture !== 'amd64') throw new Error(`there is no CUDA build of llama.cpp for ${architecture}: leave --cuda out`)
  const shipped = pinnedPackages(context)
  const tree = new StagedTree(join(context.staging, PACKAGE))
  tree.clear()
  for (const { name, path, folder } of shipped) {
    for (const file of runtimeFiles(folder, name, target)) tree.copy(join(folder, file), join(APP, path, file))
  }
  stripBinaries(tree, target)
  cleanRunpaths(tree)
  const copyright = debCopyright(
    shipped.map((entry) => ({ files: join(APP, entry.path, '*'), shipped: entry })),
    target,
  )
  stageDocuments(tree, { packageName: PACKAGE, version, seconds, copyright, packaging: PACKAGING })
  stageSbom(tree, { ...context, packageName: PACKAGE, architecture, app: APP, npm: shipped, models: [] })
  return writeDeb(tree, { ...context, packageName: PACKAGE, architecture, packaging: PACKAGING })
}

function pinnedPackages({ lock, cache }: BuildContext): readonly ShippedPackage[] {
  const [binding] = lock.closure(['node-llama-cpp'], (name) => name === 'node-llama-cpp')
  return pinnedCuda(binding?.version).map((pinned) => ({
    ...pinned,
    path: `node_modules/${pinned.name}`,
    needs: [],
    folder: unpackedPackage(pinned, cache),
  }))
}
