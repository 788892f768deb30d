import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { embeddedModels } from '../supply-chain/embedded-models.ts'
import type { BuildContext } from './build-context.ts'
import { cleanRunpaths } from './clean-runpaths.ts'
import { debCopyright } from './deb-copyright.ts'
import { linkEqualFiles } from './link-equal-files.ts'
import { minerConf } from './miner-conf.ts'
import { stageDocuments, stageManual } from './stage-documents.ts'
import { stageProgram } from './stage-program.ts'
import { stageSbom } from './stage-sbom.ts'
import { StagedTree } from './staged-tree.ts'
import { stripBinaries } from './strip-binaries.ts'
import { unpackedRuntime } from './unpacked-runtime.ts'
import { writeDeb } from './write-deb.ts'
import type { WrittenDeb } from './write-deb.ts'

const PACKAGE = 'aitbc-miner'
const PACKAGING = 'packaging/debian/aitbc-miner'
const LIBRARY = 'usr/lib/aitbc-miner'
const DOCUMENTS = 'usr/share/doc/aitbc-miner'
const EXAMPLE = 'miner.conf.example'

/** Files that are installed as they are. */
const INSTALLED: readonly (readonly [source: string, path: string])[] = [
  ['systemd/aitbc-miner.service', 'usr/lib/systemd/system/aitbc-miner.service'],
  ['systemd/aitbc-miner.sysusers', 'usr/lib/sysusers.d/aitbc-miner.conf'],
  ['systemd/aitbc-miner.tmpfiles', 'usr/lib/tmpfiles.d/aitbc-miner.conf'],
  ['logrotate/aitbc-miner', 'etc/logrotate.d/aitbc-miner'],
  [join(PACKAGING, 'needrestart.conf'), 'etc/needrestart/conf.d/aitbc-miner.conf'],
  ['packaging/completion/aitbc-miner.bash', 'usr/share/bash-completion/completions/aitbc-miner'],
  ['packaging/completion/aitbc-miner.zsh', 'usr/share/zsh/vendor-completions/_aitbc-miner'],
  ['packaging/completion/aitbc-miner.fish', 'usr/share/fish/vendor_completions.d/aitbc-miner.fish'],
  [EXAMPLE, join(DOCUMENTS, 'examples/miner.conf')],
  ['SECURITY.md', join(DOCUMENTS, 'SECURITY.md')],
]
const MANUALS = ['packaging/man/aitbc-miner.1', 'packaging/man/miner.conf.5']

const ManifestSchema = z.object({ scripts: z.object({ miner: z.string() }) })

/** The miner: runtime, program, npm packages with the CPU and Vulkan builds of llama.cpp, embedded models, service. */
export function buildMinerPackage(context: BuildContext): WrittenDeb {
  const { version, seconds, target } = context
  const tree = new StagedTree(join(context.staging, PACKAGE))
  tree.clear()
  const runtime = unpackedRuntime(context)
  tree.copy(join(runtime.folder, 'bin/node'), join(LIBRARY, 'node'), 0o755)
  const program = context.graph.program(context.graph.sourcesIn('src'))
  const shipped = stageProgram(tree, join(LIBRARY, 'app'), program, context)
  for (const model of readdirSync('models', { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())) {
    const path = join(model.parentPath, model.name)
    tree.copy(path, join(LIBRARY, 'app', path))
  }
  stripBinaries(tree, target)
  cleanRunpaths(tree)
  linkEqualFiles(tree)
  tree.write('usr/bin/aitbc-miner', launcher(), 0o755)
  tree.write('etc/aitbc/miner.conf', minerConf(readFileSync(EXAMPLE, 'utf8')), 0o640)
  for (const [source, path] of INSTALLED) tree.copy(source, path)
  // Messages name these pages, as docs/service.md.
  for (const page of readdirSync('docs')) tree.copy(join('docs', page), join(DOCUMENTS, 'docs', page))
  for (const source of MANUALS) stageManual(tree, source)
  const copyright = debCopyright(
    [
      { files: join(LIBRARY, 'node'), shipped: runtime },
      ...shipped.map((entry) => ({ files: join(LIBRARY, 'app', entry.path, '*'), shipped: entry })),
    ],
    target,
  )
  stageDocuments(tree, { packageName: PACKAGE, version, seconds, copyright, packaging: PACKAGING })
  const { architecture } = target
  stageSbom(tree, {
    ...context,
    packageName: PACKAGE,
    architecture,
    app: join(LIBRARY, 'app'),
    npm: shipped,
    runtime: { shipped: runtime, file: join(LIBRARY, 'node') },
    models: embeddedModels(),
  })
  return writeDeb(tree, { ...context, packageName: PACKAGE, architecture, packaging: PACKAGING })
}

/** The command: the pinned runtime with the options that `npm run miner` gives it. */
function launcher(): string {
  const { scripts } = ManifestSchema.parse(JSON.parse(readFileSync('package.json', 'utf8')))
  const options = /^node (.*)src\/main\.ts$/.exec(scripts.miner)?.[1]
  if (options === undefined)
    throw new Error(`the script "miner" of package.json is not "node OPTIONS src/main.ts" but ${scripts.miner}`)
  return `#!/bin/sh\n# A core dump would hold the API key.\nulimit -c 0\nexec /${LIBRARY}/node ${options}/${LIBRARY}/app/src/main.js "$@"\n`
}
