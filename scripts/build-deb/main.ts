/**
 * `npm run build:deb`: makes the Debian packages of this commit in dist/. docs/packaging.md tells how they are laid out.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { readOptions, refuseArguments } from '../read-options.ts'
import type { BuildContext } from './build-context.ts'
import { checkSbom } from './check-sbom.ts'
import { compileSources } from './compile-sources.ts'
import { buildCoordinatorPackage } from './coordinator-package.ts'
import { buildCudaPackage } from './cuda-package.ts'
import { LockFile } from './lock-file.ts'
import { buildMinerPackage } from './miner-package.ts'
import { ModuleGraph } from './module-graph.ts'
import { sourceSeconds } from './source-seconds.ts'
import { TARGETS } from './target.ts'
import type { Target } from './target.ts'
import type { WrittenDeb } from './write-deb.ts'

const HELP = `Usage: npm run build:deb -- [options]

Makes dist/aitbc-miner_VERSION_ARCH.deb and dist/aitbc-mock-coordinator_VERSION_all.deb, and beside each a software bill
of materials, NAME.cdx.json.

Options:
  --arch ARCH        amd64 or arm64 (default: this machine's)
  --cuda             make aitbc-miner-cuda alone; what it contains is fetched, see docs/packaging.md
  --version VERSION  give the packages this version (default: that of package.json)
  --quick            compress little: a package a fifth larger in a third of the time, for tests
  --output FOLDER    put the packages there (default: dist)
  --help             this text
`
const VERSION = /^\d[A-Za-z0-9.+~]*$/

const { values } = readOptions(HELP, {
  options: {
    arch: { type: 'string', default: process.arch === 'arm64' ? 'arm64' : 'amd64' },
    cuda: { type: 'boolean', default: false },
    version: { type: 'string', default: packageVersion() },
    quick: { type: 'boolean', default: false },
    output: { type: 'string', default: 'dist' },
  },
})
for (const deb of build()) {
  await checkSbom(deb.path.replace(/\.deb$/, '.cdx.json'))
  process.stdout.write(`${summary(deb)}\n`)
}

function build(): readonly WrittenDeb[] {
  if (!VERSION.test(values.version))
    refuseArguments(HELP, `--version must be one that dpkg takes, such as 0.1.0, not ${values.version}`)
  const compiled = 'dist/build/js'
  mkdirSync(values.output, { recursive: true })
  compileSources(compiled)
  const context: BuildContext = {
    version: values.version,
    seconds: sourceSeconds(),
    target: target(values.arch),
    compiled,
    cache: 'dist/build/npm',
    staging: 'dist/build/stage',
    output: values.output,
    compression: values.quick ? 0 : 6,
    lock: LockFile.read('package-lock.json'),
    graph: ModuleGraph.read(),
  }
  return values.cuda ? [buildCudaPackage(context)] : [buildMinerPackage(context), buildCoordinatorPackage(context)]
}

function target(architecture: string): Target {
  const found = TARGETS.find((entry) => entry.architecture === architecture)
  return found ?? refuseArguments(HELP, `--arch must be amd64 or arm64, not ${architecture}`)
}

function packageVersion(): string {
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8'))).version
}

function summary({ path, packageBytes, installedBytes }: WrittenDeb): string {
  return `${path}  package ${megabytes(packageBytes)}, installed ${megabytes(installedBytes)}`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
