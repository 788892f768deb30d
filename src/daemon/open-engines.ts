import { join } from 'node:path'
import type { MinerConfig } from '../config/miner-config.ts'
import type { Capabilities } from '../domain/coordinator.ts'
import type { Engine } from '../domain/engine.ts'
import type { Clock, Logger, Random } from '../domain/ports.ts'
import { EngineRouter } from '../engine/engine-router.ts'
import { LlmServerEngine } from '../llm-server/llm-server-engine.ts'
import { makeEngine } from './make-engine.ts'
import type { Machine } from './open-machine.ts'
import type { OpenModelStore } from './open-model-store.ts'

export interface OpenEnginesDeps {
  readonly config: MinerConfig
  readonly version: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly machine: Machine
  readonly store: Pick<OpenModelStore, 'models' | 'inputs' | 'catalogue'>
  /** The folder in which jobs have theirs. */
  readonly workRoot: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export interface OpenEngines {
  readonly engine: Engine
  /** Models at hand, here and on the operator's server. */
  models(): Capabilities['models']
  /** Jobs that may run at a time. */
  readonly concurrency: number
  /** Whether a server of the operator's, and not this machine alone, computes on GPUs. */
  readonly hasServerGpu: boolean
}

/** The engines that the configuration asks for: those of this machine, and the operator's language-model server. */
export async function openEngines(deps: OpenEnginesDeps): Promise<OpenEngines> {
  const { config, version, environment, machine, store, workRoot, clock, random, logger } = deps
  const here = makeEngine({
    config,
    environment,
    models: store.models,
    inputs: store.inputs,
    gpus: machine.gpus,
    energy: machine.energy,
    folders: {
      modelDir: config.modelDir,
      catalogue: store.catalogue,
      workRoot,
      cacheDir: join(config.stateDir, 'engine-cache'),
    },
    clock,
    logger,
  })
  const isWanted = config.workloads === null || config.workloads.includes('llm_gen')
  if (config.llmBackend === 'llama' || config.llmUrl === null || !isWanted) {
    return { engine: here, models: () => store.models.list(), concurrency: config.maxConcurrency, hasServerGpu: false }
  }
  const server = new LlmServerEngine({
    url: config.llmUrl,
    apiKey: config.llmApiKey,
    concurrency: config.llmConcurrency,
    mode: config.accelMode === 'cpu' ? 'cpu' : 'gpu',
    maxPromptBytes: config.maxPromptBytes,
    userAgent: `aitbc-miner/${version}`,
    clock,
    random,
    logger,
  })
  await server.start()
  return {
    engine: new EngineRouter(new Map([['llm_gen', server]]), here),
    models: () => [
      ...server.models().map(({ name }) => ({ name, sha256: null, workload: 'llm_gen' })),
      ...store.models.list().filter(({ workload }) => workload !== 'llm_gen'),
    ],
    // The engines of this machine hold to MAX_CONCURRENCY by themselves.
    concurrency: Math.max(config.maxConcurrency, config.llmConcurrency),
    hasServerGpu: config.accelMode !== 'cpu',
  }
}
