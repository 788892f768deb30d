import type { HeartbeatAnswer } from '../domain/coordinator.ts'
import type { Lease } from '../domain/job.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import type { ActiveJob, ActiveJobs } from './active-jobs.ts'
import type { ServerClock } from './server-clock.ts'

/** A lease missing from this many answers in a row is lost: one may have been on its way while the beat was. */
const LOST_AFTER_ANSWERS = 2
const SOONEST_RENEWAL_MS = 250

export interface LeaseKeeperDeps {
  readonly activeJobs: ActiveJobs
  readonly serverClock: ServerClock
  readonly clock: Clock
  readonly logger: Logger
}

/** Keeps the leases of running jobs alive, and gives up the jobs whose lease another miner has now. */
export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps
  /** Reckoned once for each lease, when it is first seen. */
  readonly #renewAtMs = new WeakMap<Lease, number>()
  /** Until a coordinator has named a lease, its silence means that it does not report them. */
  #reportsLeases = false

  constructor(deps: LeaseKeeperDeps) {
    this.#deps = deps
  }

  /** Takes in the leases of a heartbeat's answer; `listed` are the jobs that the heartbeat named. */
  renewed(listed: readonly ActiveJob[], leases: HeartbeatAnswer['leases']): void {
    if (leases === null) return
    const byJob = new Map(leases.map((lease) => [lease.jobId, lease]))
    if (leases.length > 0) this.#reportsLeases = true
    if (!this.#reportsLeases) return
    for (const job of listed) {
      if (job.lease === null) continue
      const lease = byJob.get(job.entry.job.id)
      if (lease !== undefined) {
        job.lease = { id: lease.id, expiresAt: lease.expiresAt }
        job.missedLeases = 0
        continue
      }
      // Its proof may have ended the lease while the heartbeat was on its way.
      if (job.state === 'proven' || job.state === 'failed') continue
      job.missedLeases += 1
      if (job.missedLeases < LOST_AFTER_ANSWERS) continue
      this.#deps.logger.warn('lease lost: the job is given up', { job: job.entry.job.id, lease: job.lease.id })
      job.cancel('E_CANCELED', 'the lease was lost')
    }
  }

  /** When to beat at the latest, by our clock: when half of the time that a lease had left has passed. Null without leases. */
  nextRenewalAtMs(): number | null {
    let soonestMs: number | null = null
    for (const job of this.#deps.activeJobs.all()) {
      if (job.lease === null) continue
      const atMs = this.#renewalOf(job.lease)
      if (atMs !== null) soonestMs = soonestMs === null ? atMs : Math.min(soonestMs, atMs)
    }
    return soonestMs
  }

  #renewalOf(lease: Lease): number | null {
    const known = this.#renewAtMs.get(lease)
    if (known !== undefined) return known
    const leftMs = this.#deps.serverClock.untilMs(lease.expiresAt)
    if (leftMs === null) return null
    const atMs = this.#deps.clock.nowMs() + Math.max(leftMs / 2, SOONEST_RENEWAL_MS)
    this.#renewAtMs.set(lease, atMs)
    return atMs
  }
}
