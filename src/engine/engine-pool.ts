import type { Engine, EngineStatus, RunRequest, RunResult } from '../domain/engine.ts'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import { WORKLOADS } from '../workloads/workload-table.ts'
import type { EngineKind, WorkloadSpec } from '../workloads/workload-table.ts'
import { childCommand } from './child-command.ts'
import type { SpawnSettings } from './child-command.ts'
import { collectOutput } from './collect-output.ts'
import { EngineHost } from './engine-host.ts'
import type { ModelSource } from './model-source.ts'

export interface EnginePoolDeps {
  readonly logger: Logger
  readonly clock: Clock
  readonly models: ModelSource
  readonly spawn: SpawnSettings
  readonly acceleration: 'gpu' | 'cpu'
  /** CPU threads of an engine; 0 lets it choose. */
  readonly threads: number
  /** Runs at a time in one engine. */
  readonly parallelRuns: number
  /** An engine with nothing to do for this long is ended. */
  readonly idleMs: number
  /** How long a canceled run may take to end by itself. */
  readonly cancelGraceMs: number
  /** Names of the workloads that the operator offers; null for all. */
  readonly enabledWorkloads: readonly string[] | null
}

/** Runs jobs in the child processes of their engines, started on first use. */
export class EnginePool implements Engine {
  readonly #deps: EnginePoolDeps
  readonly #hosts = new Map<EngineKind, EngineHost>()
  #isStopped = false

  constructor(deps: EnginePoolDeps) {
    this.#deps = deps
  }

  get workloads(): readonly string[] {
    const { enabledWorkloads } = this.#deps
    return [...WORKLOADS.keys()].filter((name) => enabledWorkloads === null || enabledWorkloads.includes(name))
  }

  async run(request: RunRequest): Promise<RunResult> {
    const { job, workDir, limits, signal, onProgress } = request
    const spec = this.#specOf(job.workload)
    // Whatever can be found wrong without a child is found here, before one is spawned.
    const params = spec.parseParams(job.params)
    const model = spec.usesModel ? await this.#deps.models.resolve(job, textOrNull(params['model'])) : null
    const { answer, peakRamMb } = await this.#hostOf(spec.engine).run({
      message: { workload: job.workload, params, model, workDir },
      maxRuntimeS: limits.maxRuntimeS,
      ramMb: limits.ramMb,
      signal,
      onProgress,
    })
    if (answer.type === 'failed') throw new JobFailureError(answer.code, answer.message)
    return {
      mode: answer.mode,
      output: await collectOutput(answer, { workDir, maxOutputBytes: limits.maxOutputBytes }),
      metrics: { ...answer.metrics, ...(peakRamMb === null ? {} : { peak_ram_mb: Math.round(peakRamMb) }) },
      environment: answer.environment,
    }
  }

  status(): EngineStatus[] {
    return [...this.#hosts.values()].map((host) => host.status())
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all([...this.#hosts.values()].map((host) => host.stop()))
  }

  #specOf(workload: string): WorkloadSpec {
    const spec = WORKLOADS.get(workload)
    if (spec === undefined) {
      throw new JobFailureError('E_UNSUPPORTED', `this miner has no workload ${workload}: it runs ${this.workloads.join(', ')}`)
    }
    if (!this.workloads.includes(workload)) {
      throw new JobFailureError(
        'E_DENY',
        `workload ${workload} is switched off on this miner: it runs ${this.workloads.join(', ')}`,
      )
    }
    return spec
  }

  #hostOf(kind: EngineKind): EngineHost {
    if (this.#isStopped) throw new JobFailureError('E_SHUTDOWN', 'the miner stopped before the job was begun')
    const known = this.#hosts.get(kind)
    if (known !== undefined) return known
    const { logger, clock, spawn, acceleration, threads, parallelRuns, idleMs, cancelGraceMs } = this.#deps
    const host = new EngineHost({
      kind,
      command: childCommand(kind, spawn, { acceleration, threads, parallelRuns }),
      startTimeoutMs: spawn.startTimeoutMs,
      clock,
      logger,
      parallelRuns,
      idleMs,
      cancelGraceMs,
    })
    this.#hosts.set(kind, host)
    return host
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
