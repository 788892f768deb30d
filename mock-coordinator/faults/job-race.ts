import { ANONYMOUS } from '../auth/authenticate.ts'
import { takeBackLease } from '../desk/take-back-lease.ts'
import type { Context } from '../http/context.ts'
import type { JobRow } from '../store/job-table.ts'

/** Which jobs a fault strikes: the one that the call is about, or else all that the caller holds. */
export interface RaceTarget {
  readonly jobId: string | null
  readonly keyId: string | null
}

/** Takes the leases of the target away, or cancels it, as time or a client would at this moment. Returns how many jobs were struck. */
export function raceWithJob(context: Context, fault: 'expire_lease' | 'cancel_job', target: RaceTarget): number {
  const { store, jobs } = context
  const struck = leasedJobs(context, target)
  store.transact(fault === 'cancel_job' ? 'cancel' : 'sweep', () => {
    for (const job of struck) {
      if (fault === 'cancel_job') jobs.cancel(ANONYMOUS, job.id)
      else takeBackLease(context, job)
    }
  })
  return struck.length
}

/** The path's id, decoded as far as it can be. */
export function decodePathId(pathId: string | null): string | null {
  try {
    return pathId === null ? null : decodeURIComponent(pathId)
  } catch {
    return pathId
  }
}

function leasedJobs({ store }: Context, { jobId, keyId }: RaceTarget): JobRow[] {
  if (jobId === null) return store.jobs.leased().filter((job) => job.holder_key === keyId)
  const job = store.jobs.get(jobId)
  return job?.state === 'leased' ? [job] : []
}
