import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { PinnedPackage } from './npm-tarball.ts'

const PINNED = 'packaging/debian/aitbc-miner-cuda/pinned.json'
const PinnedSchema = z.array(z.object({ name: z.string(), version: z.string(), integrity: z.string() }))

/** A pinned npm package, and its licence, which no lock file tells. */
export interface PinnedCuda extends PinnedPackage {
  readonly licence: 'MIT'
}

/**
 * The npm packages with the CUDA build of llama.cpp, which a checkout leaves out. Throws when they are for another node-llama-cpp than
 * `version`, the locked one.
 */
export function pinnedCuda(version: string | undefined): readonly PinnedCuda[] {
  return PinnedSchema.parse(JSON.parse(readFileSync(PINNED, 'utf8'))).map((pinned) => {
    if (pinned.version === version) return { ...pinned, licence: 'MIT' }
    throw new Error(`${PINNED} pins ${pinned.name}@${pinned.version}, for another node-llama-cpp than ${version}: pin its builds`)
  })
}
