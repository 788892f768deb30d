import type { Job, Lease } from '../domain/job.ts'
import type { Outcome, OutputBytes } from '../domain/outcome.ts'

/** The `job` column: all but what has columns of its own. */
export function encodeJob({ lease: _lease, attempt: _attempt, ...job }: Job): string {
  return JSON.stringify({ ...job, params: job.params ?? null })
}

/** The `lease` column. */
export function encodeLease(lease: Lease | null): string | null {
  return lease === null ? null : JSON.stringify({ id: lease.id, expiresAt: lease.expiresAt })
}

/** The `outcome` column: all but the bytes. A metric that is no finite number has no JSON form and is left out. */
export function encodeOutcome(outcome: Outcome): string {
  const metrics = Object.fromEntries(Object.entries(outcome.metrics).filter(([, value]) => Number.isFinite(value)))
  if (outcome.kind === 'failed') return JSON.stringify({ ...outcome, metrics })
  const { mediaType, sha256, sizeBytes } = outcome.output
  return JSON.stringify({ ...outcome, metrics, output: { mediaType, sha256, sizeBytes } })
}

/** The output that an outcome brings; a failure brings none. */
export function outputOf(outcome: Outcome): OutputBytes | null {
  return outcome.kind === 'proved' ? outcome.output.bytes : null
}
