import type { Engine, EngineStatus, RunRequest, RunResult } from '../domain/engine.ts'

/** Sends the jobs of some workloads to engines of their own, and all others to the rest. */
export class EngineRouter implements Engine {
  readonly #routes: ReadonlyMap<string, Engine>
  readonly #rest: Engine

  /** `routes` by workload. What an engine has to say of a job that it does not offer at the moment is its own affair. */
  constructor(routes: ReadonlyMap<string, Engine>, rest: Engine) {
    this.#routes = routes
    this.#rest = rest
  }

  get workloads(): readonly string[] {
    const routed = [...this.#routes]
      .filter(([workload, engine]) => engine.workloads.includes(workload))
      .map(([workload]) => workload)
    return [...routed, ...this.#rest.workloads.filter((workload) => !this.#routes.has(workload))].toSorted()
  }

  async run(request: RunRequest): Promise<RunResult> {
    return (this.#routes.get(request.job.workload) ?? this.#rest).run(request)
  }

  status(): EngineStatus[] {
    return [...this.#engines()].flatMap((engine) => engine.status())
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#engines()].map((engine) => engine.stop()))
  }

  #engines(): ReadonlySet<Engine> {
    return new Set([...this.#routes.values(), this.#rest])
  }
}
