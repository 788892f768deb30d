import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'
import { bundledIn } from '../supply-chain/bundled-parts.ts'
import type { EmbeddedModel } from '../supply-chain/embedded-models.ts'
import { bundledComponent, fileComponent, modelComponent, npmComponent } from './sbom-components.ts'
import type { LockedPackage } from './lock-file.ts'
import type { StagedTree } from './staged-tree.ts'
import type { Target } from './target.ts'

/** What is in a Debian package, besides the files of its own. */
export interface SbomFacts {
  readonly packageName: string
  readonly version: string
  readonly architecture: string
  /** The time of the commit, in seconds since 1970. */
  readonly seconds: number
  readonly target: Target
  /** The folder that npm packages and models lie in, from the root of the installed system. */
  readonly app: string
  readonly npm: readonly LockedPackage[]
  /** Node, and the one file of it that is shipped, from the root of the installed system. */
  readonly runtime?: { readonly shipped: LockedPackage; readonly file: string }
  readonly models: readonly EmbeddedModel[]
}

/**
 * The software bill of materials in CycloneDX 1.6's JSON: every file of the tree with its hash, below the npm package, model or program
 * that it belongs to, and what is compiled into binaries. One tree and time give the same text. No file of the tree is left out, and none
 * is in it that the tree does not have.
 */
export function sbom(tree: StagedTree, facts: SbomFacts): string {
  const { packageName, version, architecture, seconds } = facts
  const program = new Models.Component(Enums.ComponentType.Application, packageName, {
    bomRef: packageName,
    version,
    purl: `pkg:deb/aitbc/${packageName}@${encodeURIComponent(version)}?arch=${architecture}`,
  })
  program.licenses.add(new Models.LicenseExpression('MIT'))
  const parts = placedParts(facts)
  for (const path of tree.files()) (ownerOf(path, parts) ?? program).components.add(fileComponent(tree, path))
  const needed = new Set([...parts.values()].flatMap((part) => [...part.dependencies]))
  for (const { bomRef } of parts.values()) if (!needed.has(bomRef)) program.dependencies.add(bomRef)
  const metadata = new Models.Metadata({ timestamp: new Date(seconds * 1000), component: program })
  metadata.lifecycles.add(Enums.LifecyclePhase.Build)
  const bom = new Models.Bom({ metadata, components: new Models.ComponentRepository(new Set(parts.values())) })
  // Not by the library's serializer, which gives every file a reference of its own, by chance.
  const normal = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6).makeForBom().normalize(bom, { sortLists: true })
  return `${JSON.stringify({ ...normal, serialNumber: serialOf(JSON.stringify(normal)) }, null, 1)}\n`
}

/** The parts by the file or folder that they own. */
function placedParts({ app, npm, runtime, models, target }: SbomFacts): ReadonlyMap<string, Models.Component> {
  const parts = new Map<string, Models.Component>()
  const add = (shipped: LockedPackage, place: string): void => {
    const component = npmComponent(shipped, place)
    for (const part of bundledIn(shipped.name, target.cpu)?.parts ?? []) component.components.add(bundledComponent(part, place))
    parts.set(place, component)
  }
  if (runtime !== undefined) add(runtime.shipped, runtime.file)
  for (const shipped of npm) add(shipped, join(app, shipped.path))
  for (const { path, needs } of npm) {
    for (const needed of needs) {
      const reference = parts.get(join(app, needed))?.bomRef
      if (reference !== undefined) parts.get(join(app, path))?.dependencies.add(reference)
    }
  }
  for (const model of models) {
    const component = modelComponent(model)
    // One file may be a model of its own and a part of another: it stands below the first, and the second names it.
    const [ofOthers, own] = partition(model.files, (file) => parts.has(join(app, file)))
    for (const file of ofOthers) component.properties.add(new Models.Property('aitbc-miner:file', `/${join(app, file)}`))
    for (const file of own) parts.set(join(app, file), component)
    if (own.length === 0) parts.set(`model:${model.name}`, component)
  }
  return parts
}

function partition(
  files: readonly string[],
  isFirst: (file: string) => boolean,
): readonly [readonly string[], readonly string[]] {
  return [files.filter(isFirst), files.filter((file) => !isFirst(file))]
}

/** The part whose folder is nearest above a file, or whose file it is. */
function ownerOf(path: string, parts: ReadonlyMap<string, Models.Component>): Models.Component | undefined {
  for (let place = path; place !== '.'; place = place.includes('/') ? place.slice(0, place.lastIndexOf('/')) : '.') {
    const part = parts.get(place)
    if (part !== undefined) return part
  }
  return undefined
}

/** A UUID that follows from the content (RFC 9562, version 8). */
function serialOf(content: string): string {
  const hash = createHash('sha256').update(content).digest('hex')
  const variant = '89ab'[Number.parseInt(hash.slice(16, 17), 16) % 4]
  return `urn:uuid:${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}
