import { join } from 'node:path'
import type { Gpu } from '../domain/gpu.ts'
import type { Job } from '../domain/job.ts'
import type { EngineGpus } from '../engine/engine-gpus.ts'
import type { EnginePool } from '../engine/engine-pool.ts'
import type { CatalogueModel } from '../models/catalogue.ts'
import type { EngineFolders } from './engine-sandbox.ts'
import { makeEngine } from './make-engine.ts'
import type { MakeEngineDeps } from './make-engine.ts'

export interface ScratchEngineDeps extends Pick<
  MakeEngineDeps,
  'config' | 'environment' | 'models' | 'inputs' | 'clock' | 'logger'
> {
  /** The one card that it computes on; null for the processor. */
  readonly gpu: Gpu | null
  readonly freeVramMb: EngineGpus['freeVramMb']
  readonly folders: EngineFolders
}

/** Engines of one device alone, to try or to measure it; none is started yet. */
export function scratchEngine({ config, gpu, freeVramMb, ...deps }: ScratchEngineDeps): EnginePool {
  return makeEngine({
    ...deps,
    config: { ...config, accelMode: gpu === null ? 'cpu' : 'gpu' },
    gpus: { usable: () => (gpu === null ? [] : [gpu]), freeVramMb },
    energy: { start: () => ({ stop: () => null }) },
  })
}

/** Everything that engines write goes below `scratchDir`, which goes with them. */
export function scratchFolders(scratchDir: string, modelDir: string, catalogue: readonly CatalogueModel[]): EngineFolders {
  return { modelDir, catalogue, workRoot: scratchDir, cacheDir: join(scratchDir, 'cache') }
}

/** A job of nobody's: without model of its own, inputs, limits, lease and reward. */
export function scratchJob(id: string, workload: string, params: unknown): Job {
  const limits = { maxRuntimeS: null, ramMb: null, vramMb: null, maxOutputBytes: null }
  return { id, workload, params, limits, model: null, inputs: [], lease: null, attempt: 1, reward: null, deadline: null }
}
