import { ApiError } from '../api-error.ts'
import type { Identity } from '../auth/key-ring.ts'
import type { JobRow } from '../store/job-table.ts'
import type { LeaseRow } from '../store/lease-table.ts'
import type { Store } from '../store/store.ts'

/** What a miner says of its right to a job. A core body says nothing: then the key alone tells. */
export interface Claim {
  readonly identity: Identity
  readonly minerId: string | null
  readonly leaseId: string | null
  readonly attempt: number | null
}

/**
 * What the claim is worth:
 *
 * - holder: the job is leased to the caller under the lease that it names
 * - settled: the job is completed, by the caller
 * - former: the caller has held the job and does no more; `lease` is the one it means
 */
export type Standing =
  | { readonly kind: 'holder'; readonly leaseId: string }
  | { readonly kind: 'settled' }
  | { readonly kind: 'former'; readonly lease: LeaseRow }

/** Judges a claim; throws `FORBIDDEN` for a caller that never held the job. */
export function judgeClaim(store: Store, job: JobRow, claim: Claim): Standing {
  const isLatestHolder =
    job.holder_key === claim.identity.keyId &&
    (claim.minerId === null || claim.minerId === job.holder_miner) &&
    job.lease_id !== null
  if (isLatestHolder && job.state === 'completed') return { kind: 'settled' }
  if (isLatestHolder && job.state === 'leased' && job.lease_id !== null && namesCurrentLease(job, claim)) {
    return { kind: 'holder', leaseId: job.lease_id }
  }
  const past = store.leases
    .ofJob(job.id, claim.identity.keyId)
    .filter((lease) => claim.minerId === null || claim.minerId === lease.miner_id)
  const lease =
    past.find(
      (each) =>
        (claim.leaseId === null || each.id === claim.leaseId) && (claim.attempt === null || each.attempt === claim.attempt),
    ) ?? past[0]
  if (lease === undefined) throw new ApiError('FORBIDDEN', `job ${job.id} is not held by this miner`, { id: job.id })
  return { kind: 'former', lease }
}

function namesCurrentLease(job: JobRow, claim: Claim): boolean {
  return (claim.leaseId === null || claim.leaseId === job.lease_id) && (claim.attempt === null || claim.attempt === job.attempt)
}

/** The job with that id; throws `JOB_NOT_FOUND`. */
export function findJob(store: Store, id: string): JobRow {
  const job = store.jobs.get(id)
  if (job === null)
    throw new ApiError('JOB_NOT_FOUND', `no job has the id ${JSON.stringify(id.slice(0, 128))}`, { id: id.slice(0, 128) })
  return job
}

/** The refusal of a caller that holds the job no more. */
export function leaseLost(job: JobRow): ApiError {
  return new ApiError('LEASE_LOST', `the lease is gone: job ${job.id} is ${job.state} at attempt ${job.attempt}`, {
    id: job.id,
    state: job.state,
    attempt: job.attempt,
  })
}
