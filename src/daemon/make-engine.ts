import type { MinerConfig } from '../config/miner-config.ts'
import type { EnergyMeasure } from '../domain/energy.ts'
import type { InputSource, ModelSource } from '../domain/models.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import { childEntry } from '../engine/child-command.ts'
import type { EngineGpus } from '../engine/engine-gpus.ts'
import { EnginePool } from '../engine/engine-pool.ts'
import { readBenchResults } from './bench-results.ts'
import { engineSandbox } from './engine-sandbox.ts'
import type { EngineFolders } from './engine-sandbox.ts'

/** A card that is asleep, and shaders that are compiled, take their time. */
const ENGINE_START_MS = 60_000

/** What an engine's thread does at a stretch takes seconds at most, also on a machine that swaps. */
const ENGINE_SILENCE_MS = 60_000

export interface MakeEngineDeps {
  readonly config: MinerConfig
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly models: ModelSource
  readonly inputs: InputSource
  readonly gpus: EngineGpus
  readonly energy: EnergyMeasure
  readonly folders: EngineFolders
  readonly clock: Clock
  readonly logger: Logger
}

/** The engines of this machine as the configuration wants them; none is started yet. */
export function makeEngine({ config, environment, folders, ...deps }: MakeEngineDeps): EnginePool {
  return new EnginePool({
    ...deps,
    spawn: {
      execPath: process.execPath,
      entry: childEntry(),
      environment,
      startTimeoutMs: ENGINE_START_MS,
      sandbox: engineSandbox(config, folders),
    },
    accelMode: config.accelMode,
    threads: config.engineThreads ?? 0,
    parallelRuns: config.maxConcurrency,
    contextTokens: config.llmContextTokens,
    ramMb: config.maxRamMb,
    vramMb: config.maxVramMb,
    rules: {
      maxPromptBytes: config.maxPromptBytes,
      maxImagePixels: config.maxImagePixels,
      maxInputBytes: config.maxInputBytes,
    },
    deviceGflops: (deviceId) => readBenchResults(config.stateDir)?.devices[deviceId]?.['fp32_gflops'] ?? null,
    idleMs: config.engineIdleMs,
    cancelGraceMs: config.cancelGraceMs,
    silenceMs: ENGINE_SILENCE_MS,
    enabledWorkloads: config.workloads,
  })
}
