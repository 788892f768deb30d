import type { JobFailure } from './failure-codes.ts'

/** Bytes that a job produced. Small ones travel in memory, larger ones lie in a file. */
export type OutputBytes =
  | { readonly kind: 'memory'; readonly data: Uint8Array }
  | { readonly kind: 'file'; readonly path: string }

/** A finished output. `sha256` (lower-case hex) and `sizeBytes` were taken from the bytes by the daemon itself. */
export interface JobOutput {
  readonly mediaType: string
  readonly sha256: string
  readonly sizeBytes: number
  readonly bytes: OutputBytes
}

/** Measured facts of a run, by their wire names (`run_ms`, `tokens_per_s`, …). Numbers only; absent rather than invented. */
export type JobMetrics = Readonly<Record<string, number>>

/** The node's signature over what it computed (coordinator API v1, section 2); hashes in lower-case hex. */
export interface ProofOfCompute {
  /** `ed25519:` and base64url. */
  readonly publicKey: string
  readonly inputSha: string
  readonly envSha: string
  /** base64url. */
  readonly signature: string
}

export interface Proved {
  readonly kind: 'proved'
  readonly mode: 'gpu' | 'cpu'
  readonly output: JobOutput
  readonly metrics: JobMetrics
  /** ISO 8601 UTC. */
  readonly startedAt: string
  readonly finishedAt: string
  /** Null when this miner has no identity to sign with. */
  readonly poc: ProofOfCompute | null
}

export interface Failed {
  readonly kind: 'failed'
  readonly failure: JobFailure
  readonly metrics: JobMetrics
}

/** How a job ended on this machine. Exactly one is recorded for each accepted job. */
export type Outcome = Proved | Failed

/** How the coordinator closed a delivered outcome. */
export type Settlement =
  | { readonly kind: 'credited'; readonly reward: string | null; readonly balance: string | null; readonly unit: string | null }
  /** The coordinator has taken the failure. */
  | { readonly kind: 'reported' }
  /**
   * The job is no longer ours (unknown job, lease lost), the delivery deadline passed, or there is no endpoint to report
   * a failure to; kept in the local history.
   */
  | { readonly kind: 'dropped'; readonly reason: string }
