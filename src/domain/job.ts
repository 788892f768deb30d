/** A unit of work as the miner holds it, decoded from the wire. */
export interface Job {
  /** 1 to 128 characters `A–Z a–z 0–9 . _ : -` other than `.` and `..`: any other is refused unseen. */
  readonly id: string
  readonly workload: string
  /** The workload's own parameters, not yet checked: each workload's schema decides. */
  readonly params: unknown
  readonly model: ModelRef | null
  readonly inputs: readonly InputRef[]
  readonly limits: JobLimits
  /** Absent with a coordinator that offers the core profile alone. */
  readonly lease: Lease | null
  /** 1 for the first miner that holds the job, one more after each lost lease. */
  readonly attempt: number
  readonly reward: Reward | null
  /** ISO 8601 UTC; null when the coordinator sets none. */
  readonly deadline: string | null
}

export interface ModelRef {
  readonly name: string | null
  readonly uri: string | null
  /** Lower-case hex. */
  readonly sha256: string | null
  readonly bytes: number | null
}

export interface InputRef {
  readonly name: string
  readonly uri: string
  readonly sha256: string | null
  readonly bytes: number | null
  readonly mediaType: string | null
}

/** What the coordinator allows the job; null where it sets no limit. */
export interface JobLimits {
  readonly maxRuntimeS: number | null
  readonly ramMb: number | null
  readonly vramMb: number | null
  readonly maxOutputBytes: number | null
}

export interface Lease {
  readonly id: string
  /** ISO 8601 UTC, by the coordinator's clock. */
  readonly expiresAt: string
}

export interface Reward {
  /** Decimal string, never a float. */
  readonly amount: string
  readonly unit: string
}
