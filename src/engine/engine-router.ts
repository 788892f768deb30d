import type { Engine, EngineStatus, RunRequest, RunResult } from '../domain/engine.ts'

/** Sends each workload's jobs to the engine that has it: the first of those that offer it. */
export class EngineRouter implements Engine {
  readonly #engines: readonly Engine[]

  /** The last one answers for workloads that none has. */
  constructor(engines: readonly [Engine, ...Engine[]]) {
    this.#engines = engines
  }

  get workloads(): readonly string[] {
    return [...new Set(this.#engines.flatMap(({ workloads }) => workloads))].toSorted()
  }

  async run(request: RunRequest): Promise<RunResult> {
    const engine = this.#engines.find(({ workloads }) => workloads.includes(request.job.workload)) ?? this.#engines.at(-1)
    if (engine === undefined) throw new RangeError('a router without engines')
    return engine.run(request)
  }

  status(): EngineStatus[] {
    return this.#engines.flatMap((engine) => engine.status())
  }

  async stop(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.stop()))
  }
}
