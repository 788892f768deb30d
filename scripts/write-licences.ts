/**
 * Writes docs/licences.md, which tells the licence of everything in the packages; with --check, only compares. Ends with 1 when a part
 * may not be shipped, when the list of what is compiled into binaries is wrong, or when the page is out of date.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { LockFile } from './build-deb/lock-file.ts'
import { ModuleGraph } from './build-deb/module-graph.ts'
import { TARGETS } from './build-deb/target.ts'
import { bundledPartFaults, nodePartFaults } from './supply-chain/bundled-part-faults.ts'
import { bundledIn } from './supply-chain/bundled-parts.ts'
import type { BundledPart } from './supply-chain/bundled-parts.ts'
import { embeddedModels } from './supply-chain/embedded-models.ts'
import { licenceFault } from './supply-chain/licence-policy.ts'
import { licencesPage } from './supply-chain/licences-page.ts'
import { shippedParts } from './supply-chain/shipped-parts.ts'
import type { ShippedPart } from './supply-chain/shipped-parts.ts'

const PAGE = 'docs/licences.md'

/** What parts are compiled into is told once for all its builds. */
const BINARIES: readonly (readonly [RegExp, string])[] = [
  [/^node-linux-/, 'Node'],
  [/^onnxruntime-node$/, 'ONNX Runtime'],
  [/^@node-llama-cpp\//, 'the builds of llama.cpp'],
]

const parts = shippedParts(LockFile.read('package-lock.json'), ModuleGraph.read())
const models = embeddedModels()
const bundled = new Map(BINARIES.map(([pattern, title]) => [title, bundledInAll(parts.filter(({ name }) => pattern.test(name)))]))
const licensed = [...parts, ...models, ...[...bundled.values()].flat()]
const faults = [
  ...licensed.flatMap(({ name, licence }) => {
    const fault = licenceFault(licence)
    return fault === null ? [] : [`${name} may not be shipped: ${fault}`]
  }),
  ...parts.flatMap((part) => binaryFaults(part)),
]

const page = licencesPage({ parts, bundled, models })
if (!process.argv.includes('--check')) writeFileSync(PAGE, page)
else if (!existsSync(PAGE) || readFileSync(PAGE, 'utf8') !== page)
  faults.push(`${PAGE} is out of date; mend it with: npm run licences`)
for (const fault of new Set(faults)) process.stdout.write(`${fault}\n`)
process.stdout.write(`${licensed.length} licences, ${faults.length} faults\n`)
process.exitCode = faults.length > 0 ? 1 : 0

function bundledInAll(packages: readonly ShippedPart[]): readonly BundledPart[] {
  const all = packages.flatMap(({ name }) => TARGETS.flatMap(({ cpu }) => bundledIn(name, cpu)?.parts ?? []))
  return [...new Map(all.map((part) => [part.name, part])).values()]
}

function binaryFaults({ name, version, path }: ShippedPart): readonly string[] {
  // A checkout has the builds for its own processor.
  if (path === null || !existsSync(`${path}/package.json`)) return []
  return TARGETS.flatMap(({ cpu }) => {
    const list = bundledIn(name, cpu)
    if (list === null) return []
    if (!name.startsWith('node-linux-')) return bundledPartFaults(list, path)
    if (process.versions.node !== version) return [`run this with Node ${version}, the one that is shipped: npm run licences`]
    return nodePartFaults(list.parts, process.versions)
  })
}
