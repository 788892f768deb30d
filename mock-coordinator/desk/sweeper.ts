import type { DeskDeps } from './requeue.ts'
import { takeBackLease } from './take-back-lease.ts'

/** The one place where time ends leases, jobs and idempotency records. */
export class Sweeper {
  readonly #deps: DeskDeps
  #timer: NodeJS.Timeout | null = null

  constructor(deps: DeskDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#timer ??= setInterval(() => this.sweep(), this.#deps.settings.sweepMs).unref()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  /** Expires jobs past their deadline, takes back leases that were not renewed, forgets old idempotency records. */
  sweep(): void {
    const { store } = this.#deps
    store.transact('sweep', () => {
      this.#expireJobs()
      this.#takeBackLeases()
      store.idempotency.prune(this.#deps.settings.nowMs())
    })
  }

  #expireJobs(): void {
    const { store, hub, settings } = this.#deps
    const nowMs = settings.nowMs()
    for (const job of store.jobs.pastDeadline(nowMs)) {
      const error = { code: 'EXPIRED', message: 'no proof before the deadline', retryable: false }
      store.jobs.end(job.id, { state: 'expired', error, receipt: null }, nowMs)
      if (job.lease_id !== null) store.leases.end(job.lease_id, 'expired', true)
      hub.publishState(job.id, 'expired', job.attempt, nowMs)
    }
  }

  #takeBackLeases(): void {
    const { store, settings } = this.#deps
    for (const job of store.jobs.withExpiredLease(settings.nowMs())) takeBackLease(this.#deps, job)
  }
}
