import type { RunLimits } from '../domain/engine.ts'
import type { JobLimits } from '../domain/job.ts'

/** What this operator allows any job. */
export interface OperatorLimits {
  readonly maxRuntimeS: number
  /** Null: none of ours. */
  readonly ramMb: number | null
  readonly vramMb: number | null
  readonly maxOutputBytes: number
}

/** The stricter of the coordinator's limit and the operator's, one by one; a deadline shortens the runtime further. */
export function strictestLimits(job: JobLimits, operator: OperatorLimits, untilDeadlineMs: number | null): RunLimits {
  const deadlineS = untilDeadlineMs === null ? null : Math.max(untilDeadlineMs / 1000, 0.001)
  return {
    maxRuntimeS: least(operator.maxRuntimeS, job.maxRuntimeS, deadlineS),
    ramMb: leastOrNull(operator.ramMb, job.ramMb),
    vramMb: leastOrNull(operator.vramMb, job.vramMb),
    maxOutputBytes: least(operator.maxOutputBytes, job.maxOutputBytes),
  }
}

function least(first: number, ...others: readonly (number | null)[]): number {
  return Math.min(first, ...others.filter((value) => value !== null))
}

function leastOrNull(...values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.min(...known)
}
