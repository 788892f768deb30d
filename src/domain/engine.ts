import type { Job } from './job.ts'
import type { JobMetrics, JobOutput } from './outcome.ts'

/** Something a running job tells before it is done: a streamed token, a share done, a line for the log. */
export type JobProgress =
  | { readonly type: 'token'; readonly data: string }
  /** `done` of `total` steps. */
  | { readonly type: 'progress'; readonly data: { readonly done: number; readonly total: number } }
  | { readonly type: 'log'; readonly data: string }

/** The limits in force for one run: the coordinator's and the operator's, the stricter of each. */
export interface RunLimits {
  readonly maxRuntimeS: number
  readonly ramMb: number | null
  readonly vramMb: number | null
  readonly maxOutputBytes: number
}

export interface RunRequest {
  readonly job: Job
  /** An empty folder of the job's own, removed after the run. */
  readonly workDir: string
  readonly limits: RunLimits
  /** Aborted to cancel the run; the reason is a `JobFailureError` that the returned promise then rejects with. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: JobProgress) => void
}

export interface RunResult {
  readonly mode: 'gpu' | 'cpu'
  readonly output: JobOutput
  readonly metrics: JobMetrics
  /** The engine's name, version, backend, device and the settings that change results: what `env_sha` commits to. */
  readonly environment: Readonly<Record<string, string | number | boolean>>
}

/** Runs jobs in child processes. */
export interface Engine {
  /** Names of the workloads that this machine can run, as reported to the coordinator. */
  readonly workloads: readonly string[]
  /**
   * Runs one job to its output. Rejects with a `JobFailureError` for everything that can go wrong with a job:
   * unknown workload, bad params, crash, limits, cancel. Any other rejection is a bug.
   */
  run(request: RunRequest): Promise<RunResult>
  status(): EngineStatus[]
  /** Ends all children, forcibly if need be; resolves when none is left. */
  stop(): Promise<void>
}

export interface EngineStatus {
  readonly engine: string
  /** `cpu`, `gpu0`, …; null for an engine that is not on this machine. */
  readonly device: string | null
  readonly state: 'stopped' | 'starting' | 'ready' | 'backoff'
  readonly pid: number | null
  readonly activeRuns: number
  readonly restarts: number
  /** Resident memory of the child and its descendants. */
  readonly rssMb: number | null
  /** What it said of itself in its ready message, e.g. `llama.cpp b1234`, `cpu`. */
  readonly version: string | null
  readonly backend: string | null
  /** What keeps it from the rest of the machine, e.g. `Landlock ABI 7, seccomp`; `none`; null before its first start. */
  readonly sandbox: string | null
}
