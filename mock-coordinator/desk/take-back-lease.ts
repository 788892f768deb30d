import type { JobRow } from '../store/job-table.ts'
import { requeueOrFail } from './requeue.ts'
import type { DeskDeps } from './requeue.ts'

/** Ends the lease of a job that was not renewed in time: the job goes back into the queue, or fails. Runs inside a transaction. */
export function takeBackLease(deps: DeskDeps, job: JobRow): void {
  if (job.lease_id !== null) deps.store.leases.end(job.lease_id, 'lost', false)
  const error = { code: 'LEASE_LOST', message: `the lease of attempt ${job.attempt} was not renewed`, retryable: true }
  requeueOrFail(deps, job, { error, refusedBy: null })
}
