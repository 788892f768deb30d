import type { LockedPackage, LockFile } from '../build-deb/lock-file.ts'
import type { ModuleGraph } from '../build-deb/module-graph.ts'
import { pinnedCuda } from '../build-deb/pinned-cuda.ts'
import { isForTarget, TARGETS } from '../build-deb/target.ts'

/** An npm package in one or more of the Debian packages, in one version. */
export interface ShippedPart {
  readonly name: string
  readonly version: string
  /** SPDX's expression, as the package tells it. */
  readonly licence: string | null
  /** Where it lies in the checkout, from its root; null for one that a checkout leaves out. */
  readonly path: string | null
  /** The names of the Debian packages, sorted. */
  readonly debs: readonly string[]
}

/** Every npm package in the Debian packages for all processors, sorted by name and version. */
export function shippedParts(lock: LockFile, graph: ModuleGraph): readonly ShippedPart[] {
  const miner = graph.program(graph.sourcesIn('src')).packages
  const coordinator = graph.program(['mock-coordinator/main.ts']).packages
  const found = TARGETS.flatMap((target) => {
    const closure = (names: Iterable<string>): readonly LockedPackage[] =>
      lock.closure(names, (name) => isForTarget(name, target))
    return [
      ...inDeb('aitbc-miner', closure([...miner, `node-linux-${target.cpu}`])),
      ...inDeb('aitbc-mock-coordinator', closure(coordinator)),
    ]
  })
  const binding = found.find(({ name }) => name === 'node-llama-cpp')
  const cuda = pinnedCuda(binding?.version).map((pinned) => ({ ...pinned, path: null }))
  return merged([...found, ...inDeb('aitbc-miner-cuda', cuda)])
}

function inDeb(deb: string, packages: readonly Omit<ShippedPart, 'debs'>[]): readonly ShippedPart[] {
  return packages.map(({ name, version, licence, path }) => ({ name, version, licence, path, debs: [deb] }))
}

function merged(parts: readonly ShippedPart[]): readonly ShippedPart[] {
  const byKey = new Map<string, ShippedPart>()
  for (const part of parts) {
    const key = `${part.name}@${part.version}`
    const debs = [...(byKey.get(key)?.debs ?? []), ...part.debs]
    byKey.set(key, { ...part, debs: [...new Set(debs)].toSorted() })
  }
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part)
}
