import { join } from 'node:path'
import type { BuildContext } from './build-context.ts'
import { debCopyright } from './deb-copyright.ts'
import { stageDocuments, stageManual } from './stage-documents.ts'
import { stageProgram } from './stage-program.ts'
import { stageSbom } from './stage-sbom.ts'
import { StagedTree } from './staged-tree.ts'
import { writeDeb } from './write-deb.ts'
import type { WrittenDeb } from './write-deb.ts'

const PACKAGE = 'aitbc-mock-coordinator'
const PACKAGING = 'packaging/debian/aitbc-mock-coordinator'
const LIBRARY = 'usr/lib/aitbc-mock-coordinator'
const LAUNCHER = `#!/bin/sh\nexec /usr/lib/aitbc-miner/node /${LIBRARY}/mock-coordinator/main.js "$@"\n`

/** The mock coordinator with the npm packages that it needs: JavaScript alone, run by the miner's Node. */
export function buildCoordinatorPackage(context: BuildContext): WrittenDeb {
  const { version, seconds } = context
  const tree = new StagedTree(join(context.staging, PACKAGE))
  tree.clear()
  const shipped = stageProgram(tree, LIBRARY, context.graph.program(['mock-coordinator/main.ts']), context)
  tree.write('usr/bin/aitbc-mock-coordinator', LAUNCHER, 0o755)
  tree.copy('systemd/aitbc-mock-coordinator.service', 'usr/lib/systemd/system/aitbc-mock-coordinator.service')
  stageManual(tree, join(PACKAGING, 'aitbc-mock-coordinator.1'))
  const copyright = debCopyright(
    shipped.map((entry) => ({ files: join(LIBRARY, entry.path, '*'), shipped: entry })),
    context.target,
  )
  stageDocuments(tree, { packageName: PACKAGE, version, seconds, copyright, packaging: PACKAGING })
  const architecture = 'all'
  stageSbom(tree, { ...context, packageName: PACKAGE, architecture, app: LIBRARY, npm: shipped, models: [] })
  return writeDeb(tree, { ...context, packageName: PACKAGE, architecture, packaging: PACKAGING })
}
