import type { JobProgress } from './engine.ts'
import type { JobFailure } from './failure-codes.ts'
import type { GpuReading } from './gpu.ts'
import type { OutboxEntry } from './journal.ts'
import type { Job } from './job.ts'
import type { Settlement } from './outcome.ts'

/** What this machine offers, as reported when it registers. */
export interface Capabilities {
  readonly minerId: string
  readonly mode: 'gpu' | 'cpu'
  readonly hasGpu: boolean
  readonly concurrency: number
  readonly workloads: readonly string[]
  readonly limits: {
    readonly vramMb: number | null
    readonly ramMb: number
    readonly maxRuntimeS: number
    readonly maxOutputBytes: number
  }
  readonly version: string
  readonly cpu: { readonly model: string; readonly cores: number; readonly arch: string }
  /** Those that jobs are run on. */
  readonly gpus: readonly OfferedGpu[]
  /** Models at hand; those of a server elsewhere have no hash. */
  readonly models: readonly { readonly name: string; readonly sha256: string | null; readonly workload: string }[]
  /** Speeds of this machine by name, as `aitbc-miner bench` measured them; empty before. */
  readonly bench: Readonly<Record<string, number>>
  readonly publicKey: string
}

export interface OfferedGpu {
  readonly index: number
  readonly uuid: string | null
  readonly name: string
  readonly vramMb: number | null
  readonly driver: string | null
  /** The best that this miner tries on it: `cuda`, `vulkan` or `webgpu`. */
  readonly backend: string
}

/** One beat. Every job listed has its lease renewed. */
export interface Heartbeat {
  readonly status: 'online' | 'draining' | 'paused'
  readonly slots: { readonly total: number; readonly busy: number }
  readonly jobs: readonly HeartbeatJob[]
  readonly gpus: readonly GpuReading[]
  /** Sent along when they changed since the coordinator last took them. */
  readonly capabilities: Capabilities | null
}

export interface HeartbeatJob {
  readonly id: string
  readonly leaseId: string | null
  readonly state: 'accepted' | 'running' | 'proven' | 'failed'
  /** Share done, 0 to 1; null when the workload does not tell. */
  readonly progress: number | null
}

export interface HeartbeatAnswer {
  /** Epoch milliseconds by the coordinator's clock; null when it does not say. */
  readonly serverTimeMs: number | null
  /** Null when the coordinator does not report leases (core profile). */
  readonly leases: readonly { readonly id: string; readonly jobId: string; readonly expiresAt: string }[] | null
  readonly cancel: readonly string[]
  readonly drain: boolean
}

export interface RegisterAnswer {
  readonly serverTimeMs: number | null
  /** Null where the coordinator has no wish. */
  readonly heartbeatMs: number | null
  readonly pollWaitS: number | null
}

export interface NextQuery {
  /** Free slots, at least 1. */
  readonly slots: number
  /** How long the coordinator may hold the request; 0 asks for an answer at once. */
  readonly waitS: number
  readonly workloads: readonly string[]
}

export type NextAnswer =
  | { readonly kind: 'job'; readonly job: Job }
  /** `skipped`: how many queued jobs this miner was passed over for, by reason. */
  | { readonly kind: 'none'; readonly skipped: Readonly<Record<string, number>> }
  /** A job that does not fit the API, or whose id is not safe: to be refused, never run. The ids are as received, null where they are no text of a sane length. */
  | { readonly kind: 'malformed'; readonly id: string | null; readonly leaseId: string | null; readonly failure: JobFailure }

export interface JobEvent {
  /** Rises by one per job, from 1. */
  readonly seq: number
  /** ISO 8601 UTC. */
  readonly at: string
  readonly progress: JobProgress
}

/**
 * The coordinator as the worker sees it. Each call is made once, within its own timeout, and rejects with a
 * `CoordinatorFailure`; when to try again is the caller's affair. An endpoint that the coordinator does not have
 * (404, 405, 501 outside the core profile) is remembered, and the call answers null or does nothing.
 */
export interface Coordinator {
  register(capabilities: Capabilities, signal: AbortSignal): Promise<RegisterAnswer | null>
  /** Gives up after `timeoutMs`, if that is less than the usual time. */
  heartbeat(heartbeat: Heartbeat, signal: AbortSignal, timeoutMs?: number): Promise<HeartbeatAnswer>
  next(query: NextQuery, signal: AbortSignal): Promise<NextAnswer>
  /** Delivers a proof or a failure to its end. Safe to repeat: the entry carries its idempotency key. */
  deliver(entry: OutboxEntry, signal: AbortSignal): Promise<Settlement>
  /** Refuses a job that never reached the journal. */
  refuse(id: string, leaseId: string | null, failure: JobFailure, signal: AbortSignal): Promise<void>
  sendEvents(jobId: string, events: readonly JobEvent[], signal: AbortSignal): Promise<void>
  close(): Promise<void>
}
