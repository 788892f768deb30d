import type { EngineStatus } from './engine.ts'

/**
 * The daemon as an operator sees it, in one moment. Part of the stable output of `aitbc-miner status --json`: fields are
 * added, never renamed or removed. Holds no secret. All times are ISO 8601 UTC.
 */
export interface MinerStatus {
  readonly version: string
  readonly pid: number
  readonly startedAt: string
  readonly minerId: string
  readonly wallet: string
  /** waiting: no jobs are taken, because the coordinator or a part of this machine cannot be used for now; draining: no new jobs are taken. */
  readonly state: 'starting' | 'online' | 'waiting' | 'draining' | 'stopping'
  /** Why it is in this state, for a person; null when there is nothing to explain. */
  readonly stateReason: string | null
  readonly mode: 'gpu' | 'cpu'
  readonly slots: { readonly total: number; readonly busy: number }
  readonly jobs: readonly RunningJobStatus[]
  readonly outbox: OutboxStatus
  readonly coordinator: CoordinatorStatus
  readonly engines: readonly EngineStatus[]
  readonly gpus: readonly GpuStatus[]
  /** Counted since the daemon started. */
  readonly totals: {
    readonly accepted: number
    readonly proved: number
    readonly failed: number
    readonly credited: number
    readonly dropped: number
  }
  /** The last jobs, newest first. */
  readonly recent: readonly RecentJobStatus[]
}

export interface RunningJobStatus {
  readonly id: string
  readonly workload: string
  readonly state: string
  readonly attempt: number
  readonly startedAt: string
  /** Null when the workload does not tell. */
  readonly progress: { readonly done: number; readonly total: number } | null
}

/** Results that the coordinator has not taken yet. */
export interface OutboxStatus {
  readonly waiting: number
  readonly oldestAgeS: number | null
  readonly nextTryInS: number | null
  readonly lastError: string | null
}

export interface CoordinatorStatus {
  readonly url: string
  /** Null before the first call has ended. */
  readonly reachable: boolean | null
  readonly lastContactAt: string | null
  readonly lastError: string | null
  /** Null until it is known whether the coordinator holds requests. */
  readonly longPoll: boolean | null
  /** Queued jobs that this miner was passed over for at the last poll, by reason; null when the coordinator does not say. */
  readonly skipped: Readonly<Record<string, number>> | null
  /** Decimal string with its unit, as the last receipt told; null before one did. */
  readonly balance: string | null
}

export interface GpuStatus {
  readonly index: number
  readonly name: string
  readonly vramMb: number | null
  /** The best that the miner tries on it; `cpu` while it cannot be used. */
  readonly backend: string
  readonly driver: string | null
  readonly isUsable: boolean
  /** What is wrong with it and what to do; null when nothing is. */
  readonly problem: string | null
}

export interface RecentJobStatus {
  readonly id: string
  readonly workload: string
  readonly state: string
  /** How it ended, for a person: `credited 0.25 AITBC`, `failed: E_OOM`, `dropped: lease lost`. */
  readonly result: string
  readonly at: string
}
