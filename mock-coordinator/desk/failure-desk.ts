import type { WireFail, WireFailAnswer, WireFailureCode } from '../../src/protocol/fail.ts'
import { ApiError } from '../api-error.ts'
import type { Identity } from '../auth/key-ring.ts'
import type { JobRow } from '../store/job-table.ts'
import { address } from '../store/miner-registry.ts'
import { findJob, judgeClaim, leaseLost } from './claim.ts'
import { readRefusedBy } from './matching.ts'
import { requeueOrFail } from './requeue.ts'
import type { DeskDeps } from './requeue.ts'

/** Failures that would happen again on the same miner; after the others it may try once more. */
const BOUND_TO_MINER: ReadonlySet<WireFailureCode> = new Set(['E_UNSUPPORTED', 'E_DENY', 'E_NOGPU', 'E_OOM'])

/** Takes failures: a job that another miner may do goes back to the queue, any other ends. */
export class FailureDesk {
  readonly #deps: DeskDeps

  constructor(deps: DeskDeps) {
    this.#deps = deps
  }

  /** Runs inside the caller's transaction. The same failure again changes nothing. */
  accept(identity: Identity, fail: WireFail): WireFailAnswer {
    const { store } = this.#deps
    const job = findJob(store, fail.id)
    const claim = {
      identity,
      minerId: fail.miner_id ?? identity.minerId,
      leaseId: fail.lease_id ?? null,
      attempt: fail.attempt ?? null,
    }
    const standing = judgeClaim(store, job, claim)
    switch (standing.kind) {
      case 'settled':
        throw new ApiError('JOB_ALREADY_PROVEN', `job ${job.id} was proven`, { id: job.id })
      case 'former':
        if (standing.lease.ended !== 'failed') throw leaseLost(job)
        break
      case 'holder':
        store.leases.end(standing.leaseId, 'failed', false)
        this.#settle(job, fail)
    }
    const after = findJob(store, fail.id)
    return { id: after.id, state: after.state, attempt: after.attempt }
  }

  #settle(job: JobRow, fail: WireFail): void {
    const { store, hub, settings } = this.#deps
    const isBound = BOUND_TO_MINER.has(fail.error.code)
    if (fail.error.retryable && (!isBound || this.#hasAnotherMinerFor(job))) {
      const refusedBy = isBound ? address(job.holder_key ?? '', job.holder_miner ?? '') : null
      requeueOrFail(this.#deps, job, { error: fail.error, refusedBy })
      return
    }
    const nowMs = settings.nowMs()
    store.jobs.end(job.id, { state: 'failed', error: fail.error, receipt: null }, nowMs)
    hub.publishState(job.id, 'failed', job.attempt, nowMs)
  }

  /** True when a miner is online that does not hold the job and has not refused it; without one, its client should not wait. */
  #hasAnotherMinerFor(job: JobRow): boolean {
    const { store, settings } = this.#deps
    const tried = new Set([...readRefusedBy(job), address(job.holder_key ?? '', job.holder_miner ?? '')])
    const onlineSinceMs = settings.nowMs() - settings.onlineS * 1000
    return store.miners
      .all()
      .some((miner) => miner.lastSeenMs >= onlineSinceMs && !tried.has(address(miner.keyId, miner.minerId)))
  }
}
