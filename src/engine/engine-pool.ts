import type { EnergyMeasure } from '../domain/energy.ts'
import type { Engine, EngineStatus, RunRequest, RunResult } from '../domain/engine.ts'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { HeldModel, InputSource, ModelSource } from '../domain/models.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import { WORKLOADS } from '../workloads/workload-table.ts'
import type { CheckedRun, EngineKind, WorkloadSpec } from '../workloads/workload-table.ts'
import { accountRun } from './account-run.ts'
import { childCommand } from './child-command.ts'
import type { SpawnSettings } from './child-command.ts'
import { collectOutput } from './collect-output.ts'
import { backendsFor, gpuDevice, visibilityOf } from './engine-device.ts'
import type { EngineDevice } from './engine-device.ts'
import type { EngineGpus } from './engine-gpus.ts'
import { EngineHost } from './engine-host.ts'
import { checkOperatorRules } from './operator-rules.ts'
import type { OperatorRules } from './operator-rules.ts'
import { placeRun } from './place-run.ts'
import { PlacedEngine } from './placed-engine.ts'

export interface EnginePoolDeps {
  readonly logger: Logger
  readonly clock: Clock
  readonly models: ModelSource
  readonly inputs: InputSource
  readonly gpus: EngineGpus
  readonly energy: EnergyMeasure
  /** Speed of a device in `torch_bench`, in GFLOP/s of float32; null when it was not measured. */
  readonly deviceGflops: (deviceId: string) => number | null
  readonly spawn: SpawnSettings
  readonly accelMode: 'auto' | 'gpu' | 'cpu'
  /** CPU threads of an engine; 0 lets it choose. */
  readonly threads: number
  /** Runs at a time in one engine. */
  readonly parallelRuns: number
  /** Context of each run of a language model; null for what the model was trained for, as far as memory allows. */
  readonly contextTokens: number | null
  /** Memory that models may take, of the machine and of a card, in MiB; null for what is free. */
  readonly ramMb: number | null
  readonly vramMb: number | null
  readonly rules: OperatorRules
  /** An engine with nothing to do for this long is ended. */
  readonly idleMs: number
  /** How long a canceled run may take to end by itself. */
  readonly cancelGraceMs: number
  /** How long an engine that computes apart from its own thread may say nothing before it is taken to hang. */
  readonly silenceMs: number
  /** Names of the workloads that the operator offers; null for all. */
  readonly enabledWorkloads: readonly string[] | null
}

/**
 * Whether an engine gains by several runs at a time. ONNX Runtime's binding computes in the child's only thread: a second run would
 * wait for the first one there, and its time, its memory and its crashes would be taken for those of the other.
 */
const RUNS_TOGETHER: Readonly<Record<EngineKind, boolean>> = { llama: true, onnx: false }

/** What a model takes on a card beyond the size of its files, for what is computed with it. */
const WORKING_MEMORY = 1.2

/** Runs jobs in the child processes of their engines, one for each library and device, started on first use. */
export class EnginePool implements Engine {
  readonly #deps: EnginePoolDeps
  readonly #engines = new Map<string, PlacedEngine>()
  #isStopped = false

  constructor(deps: EnginePoolDeps) {
    this.#deps = deps
  }

  get workloads(): readonly string[] {
    const { enabledWorkloads } = this.#deps
    return [...WORKLOADS.keys()].filter((name) => enabledWorkloads === null || enabledWorkloads.includes(name))
  }

  async run(request: RunRequest): Promise<RunResult> {
    const { job, signal } = request
    const spec = this.#specOf(job.workload)
    // Whatever can be found wrong without a child is found here, before one is spawned.
    const checked = spec.read(job.params)
    checkOperatorRules(checked, this.#deps.rules)
    if (spec.model === null) return this.#runOn(request, spec, checked, null)
    const onProgress = fetchProgress(request)
    const model = job.model ?? checked.modelRef
    const held = await this.#deps.models.acquire({ workload: job.workload, model, wanted: checked.modelName, onProgress }, signal)
    try {
      return await this.#runOn(request, spec, checked, held)
    } finally {
      held.release()
    }
  }

  status(): EngineStatus[] {
    return [...this.#engines.values()].map(({ host }) => host.status())
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all([...this.#engines.values()].map(({ host }) => host.stop()))
  }

  async #runOn(request: RunRequest, spec: WorkloadSpec, checked: CheckedRun, model: HeldModel | null): Promise<RunResult> {
    const { job, workDir, limits, signal, onProgress } = request
    const { inputs, rules, energy, deviceGflops } = this.#deps
    const files = job.inputs.length === 0 ? [] : await inputs.fetchAll(job.inputs, workDir, rules.maxInputBytes, signal)
    const device = await this.#place(spec.engine, model, limits.vramMb, signal)
    const engine = this.#engineOn(device, spec.engine)
    const measure = energy.start({ gpuIndices: device.gpu === null ? [] : [device.gpu.index], withCpu: device.gpu === null })
    try {
      const { answer, peakRamMb, peakVramMb } = await engine.run(
        {
          message: {
            workload: job.workload,
            params: checked.params,
            model: model === null ? null : toModelFile(model),
            inputs: files.map(({ name, path, mediaType }) => ({ name, path, mediaType })),
            workDir,
            maxOutputBytes: limits.maxOutputBytes,
          },
          maxRuntimeS: limits.maxRuntimeS,
          ramMb: limits.ramMb,
          signal,
          onProgress,
        },
        limits.vramMb,
      )
      if (answer.type === 'failed') throw new JobFailureError(answer.code, answer.message)
      const measured = { energyJ: measure.stop(), peakRamMb, peakVramMb, deviceGflops: deviceGflops(device.id) }
      return {
        mode: answer.mode,
        output: await collectOutput(answer, { workDir, maxOutputBytes: limits.maxOutputBytes }),
        metrics: accountRun(answer.metrics, measured),
        environment: answer.environment,
      }
    } finally {
      measure.stop()
    }
  }

  async #place(kind: EngineKind, model: HeldModel | null, limitMb: number | null, signal: AbortSignal): Promise<EngineDevice> {
    const { gpus, accelMode } = this.#deps
    const candidates = accelMode === 'cpu' ? [] : gpus.usable().map(gpuDevice)
    const states = candidates.map(async (device) => {
      const engine = this.#engines.get(keyOf(device, kind))
      return {
        device,
        freeVramMb: device.gpu === null ? null : await gpus.freeVramMb(device.gpu, signal),
        hasModel: model === null || (engine?.hasModel(model.sha256) ?? false),
        activeRuns: engine?.host.status().activeRuns ?? 0,
      }
    })
    const needMb = model === null ? 0 : (model.memoryMb ?? Math.ceil((model.bytes * WORKING_MEMORY) / 2 ** 20))
    return placeRun(await Promise.all(states), { needMb, limitMb, canSplit: kind === 'llama', accelMode })
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

  #engineOn(device: EngineDevice, kind: EngineKind): PlacedEngine {
    if (this.#isStopped) throw new JobFailureError('E_SHUTDOWN', 'the miner stopped before the job was begun')
    const known = this.#engines.get(keyOf(device, kind))
    if (known !== undefined) return known
    const { logger, clock, gpus, spawn, threads, parallelRuns, contextTokens, ramMb, vramMb, idleMs, cancelGraceMs, silenceMs } =
      this.#deps
    const backends = [...backendsFor(kind, device.gpu, gpus.usable().length)]
    const settings = { backends, threads, parallelRuns, contextTokens, ramMb, vramMb }
    const host = new EngineHost({
      kind,
      device: device.id,
      command: childCommand(kind, spawn, settings, visibilityOf(device.gpu)),
      sandbox: spawn.sandbox,
      startTimeoutMs: spawn.startTimeoutMs,
      clock,
      logger,
      parallelRuns: RUNS_TOGETHER[kind] ? parallelRuns : 1,
      idleMs,
      cancelGraceMs,
      silenceMs: RUNS_TOGETHER[kind] ? silenceMs : null,
    })
    const engine = new PlacedEngine({ device, host, gpus, clock })
    this.#engines.set(keyOf(device, kind), engine)
    return engine
  }
}

function keyOf(device: EngineDevice, kind: EngineKind): string {
  // Vulkan numbers its cards anew when one goes.
  return `${kind} ${device.id} ${device.gpu?.uuid ?? ''} ${device.gpu?.vulkanIndex ?? ''}`
}

function toModelFile({ name, path, sha256, format, bytes, contextTokens }: HeldModel): {
  name: string
  path: string
  sha256: string
  format: HeldModel['format']
  bytes: number
  contextTokens: number | null
} {
  return { name, path, sha256, format, bytes, contextTokens }
}

/** Tells of a model that is being fetched, a line for each tenth of it. */
function fetchProgress({ onProgress }: RunRequest): (receivedBytes: number, totalBytes: number | null) => void {
  let told = 0
  return (receivedBytes, totalBytes) => {
    const tenths = totalBytes === null || totalBytes === 0 ? 0 : Math.floor((10 * receivedBytes) / totalBytes)
    if (tenths <= told) return
    told = tenths
    onProgress({ type: 'log', data: `fetching the model: ${tenths * 10} %` })
  }
}
