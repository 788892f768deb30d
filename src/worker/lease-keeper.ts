import type { HeartbeatAnswer } from '../domain/coordinator.ts'
import type { Journal } from '../domain/journal.ts'
import type { Lease } from '../domain/job.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import type { ActiveJob, ActiveJobs } from './active-jobs.ts'
import { isJournalWriteFailure } from './local-faults.ts'
import type { LocalFaults } from './local-faults.ts'
import type { ServerClock } from './server-clock.ts'

/** A lease missing from this many answers in a row is lost: one may have been on its way while the beat was. */
const LOST_AFTER_ANSWERS = 2
/** However short a lease is, or seems by a clock that differs from ours. */
const SOONEST_RENEWAL_MS = 1_000

/** When to renew a lease, and how much later that is after each beat that the coordinator does not answer with a new one. */
interface RenewalPlan {
  readonly everyMs: number
  atMs: number
}

export interface LeaseKeeperDeps {
  readonly activeJobs: ActiveJobs
  readonly serverClock: ServerClock
  /** Keeps a lease that has got another id, since the proof names it. */
  readonly journal: Pick<Journal, 'renewLease'>
  readonly faults: Pick<LocalFaults, 'report'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Keeps the leases of running jobs alive, and gives up the jobs whose lease another miner has now. */
export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps
  readonly #plans = new WeakMap<Lease, RenewalPlan>()
  /** Until a coordinator has named a lease, its silence means that it does not report them. */
  #reportsLeases = false

  constructor(deps: LeaseKeeperDeps) {
    this.#deps = deps
  }

  /** Takes in the leases of a heartbeat's answer; `listed` are the jobs that the heartbeat named. */
  renewed(listed: readonly ActiveJob[], leases: HeartbeatAnswer['leases']): void {
    this.#assumeRenewed(listed)
    if (leases === null) return
    const byJob = new Map(leases.map((lease) => [lease.jobId, lease]))
    if (leases.length > 0) this.#reportsLeases = true
    if (!this.#reportsLeases) return
    for (const job of listed) {
      if (job.lease === null) continue
      const lease = byJob.get(job.entry.job.id)
      if (lease !== undefined) {
        const renewed = { id: lease.id, expiresAt: lease.expiresAt }
        if (lease.id === job.lease.id || this.#isNoted(job, renewed)) job.adopt({ ...job.entry.job, lease: renewed })
        job.missedLeases = 0
        continue
      }
      // Its proof may have ended the lease while the heartbeat was on its way.
      if (job.state === 'proven' || job.state === 'failed') continue
      job.missedLeases += 1
      // Once: it stays listed, and missing, until its engine lets go of it.
      if (job.missedLeases !== LOST_AFTER_ANSWERS) continue
      this.#deps.logger.warn('lease lost: the job is given up', { job: job.entry.job.id, lease: job.lease.id })
      job.cancel('E_CANCELED', 'the lease was lost')
    }
  }

  /** When to beat at the latest, by the monotonic clock, which nobody sets back: when half of the time that a lease had left has passed. Null without leases. */
  nextRenewalAtMs(): number | null {
    let soonestMs: number | null = null
    for (const job of this.#deps.activeJobs.all()) {
      if (job.lease === null) continue
      const plan = this.#planOf(job.lease)
      if (plan !== null) soonestMs = soonestMs === null ? plan.atMs : Math.min(soonestMs, plan.atMs)
    }
    return soonestMs
  }

  /** The shortest time between two renewals that a lease needs; null without leases. */
  shortestRenewalMs(): number | null {
    let shortestMs: number | null = null
    for (const { lease } of this.#deps.activeJobs.all()) {
      const plan = lease === null ? null : this.#planOf(lease)
      if (plan !== null) shortestMs = Math.min(plan.everyMs, shortestMs ?? plan.everyMs)
    }
    return shortestMs
  }

  /** False while the journal cannot be written: the proof would name the old lease, so the next answer is to bring the new one again. */
  #isNoted(job: ActiveJob, lease: Lease): boolean {
    try {
      this.#deps.journal.renewLease(job.entry.seq, lease)
      return true
    } catch (error) {
      if (!isJournalWriteFailure(error)) throw error
      this.#deps.faults.report('journal', error)
      return false
    }
  }

  /** The API says that a heartbeat renews what it lists; an answer need not repeat it. */
  #assumeRenewed(listed: readonly ActiveJob[]): void {
    for (const { lease } of listed) {
      const plan = lease === null ? null : this.#planOf(lease)
      if (plan !== null) plan.atMs = this.#deps.clock.monotonicMs() + plan.everyMs
    }
  }

  /** Reckoned once for each lease, when it is first seen. None for one that has run out by then: no beat comes in time for it. */
  #planOf(lease: Lease): RenewalPlan | null {
    const known = this.#plans.get(lease)
    if (known !== undefined) return known
    const leftMs = this.#deps.serverClock.untilMs(lease.expiresAt)
    if (leftMs === null || leftMs <= 0) return null
    const everyMs = Math.max(leftMs / 2, SOONEST_RENEWAL_MS)
    const plan = { everyMs, atMs: this.#deps.clock.monotonicMs() + everyMs }
    this.#plans.set(lease, plan)
    return plan
  }
}
