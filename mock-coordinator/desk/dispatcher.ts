import type { WireJob } from '../../src/protocol/job.ts'
import type { WireNoJob } from '../../src/protocol/next.ts'
import { newId } from '../ids.ts'
import type { Settings } from '../settings.ts'
import type { JobRow } from '../store/job-table.ts'
import type { Miner } from '../store/miner-registry.ts'
import type { Store } from '../store/store.ts'
import type { EventHub } from './event-hub.ts'
import { toWireJob } from './job-document.ts'
import { offerOf, whyNot } from './matching.ts'

export type NextResult = { readonly kind: 'job'; readonly job: WireJob } | { readonly kind: 'none'; readonly body: WireNoJob }

/** A poll: who asks, and for which workloads (null: for all that it reported). */
export interface Poll {
  readonly miner: Miner
  readonly workloads: readonly string[] | null
}

interface Waiter {
  readonly poll: Poll
  readonly answer: (job: WireJob | null) => void
}

/** Hands queued jobs to miners that ask, oldest job and longest wait first. */
export class Dispatcher {
  readonly #deps: { readonly store: Store; readonly hub: EventHub; readonly settings: Settings }
  readonly #waiters = new Set<Waiter>()

  constructor(deps: { readonly store: Store; readonly hub: EventHub; readonly settings: Settings }) {
    this.#deps = deps
  }

  /** Leases the oldest queued job that fits, or counts by reason those that do not. */
  next(poll: Poll): NextResult {
    const offer = offerOf(poll.miner, poll.workloads)
    const skipped: Record<string, number> = { workload: 0, model: 0, vram: 0 }
    for (const job of this.#deps.store.jobs.queued()) {
      const reason = whyNot(job, offer)
      if (reason === null) return { kind: 'job', job: this.#lease(job, poll.miner) }
      skipped[reason] = (skipped[reason] ?? 0) + 1
    }
    return { kind: 'none', body: { skipped } }
  }

  /** Calls `answer` once: with the next job that fits, or with null when `stopWaiting` says so first. */
  wait(poll: Poll, answer: (job: WireJob | null) => void): { readonly stopWaiting: () => void; readonly leave: () => void } {
    const waiter = { poll, answer }
    this.#waiters.add(waiter)
    return {
      stopWaiting: () => {
        if (this.#waiters.delete(waiter)) answer(null)
      },
      leave: () => {
        this.#waiters.delete(waiter)
      },
    }
  }

  /** A job is in the queue: the longest waiting poll that it fits gets it. */
  offer(jobId: string): void {
    if (this.#waiters.size === 0) return
    const job = this.#deps.store.jobs.get(jobId)
    if (job === null || job.state !== 'queued') return
    for (const waiter of this.#waiters) {
      if (whyNot(job, offerOf(waiter.poll.miner, waiter.poll.workloads)) === null) {
        this.#waiters.delete(waiter)
        waiter.answer(this.#lease(job, waiter.poll.miner))
        return
      }
    }
  }

  /** Ends all waits with no job. */
  dismissAll(): void {
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter)
      waiter.answer(null)
    }
  }

  #lease(job: JobRow, miner: Miner): WireJob {
    const { store, hub, settings } = this.#deps
    const nowMs = settings.nowMs()
    const leaseId = newId('lease', nowMs)
    const lease = { leaseId, keyId: miner.keyId, minerId: miner.minerId, expiresMs: nowMs + settings.leaseS * 1000 }
    store.transact('lease', () => {
      store.jobs.lease(job.id, lease, nowMs)
      store.leases.insert({ id: leaseId, job_id: job.id, attempt: job.attempt, key_id: miner.keyId, miner_id: miner.minerId })
      hub.publishState(job.id, 'leased', job.attempt, nowMs)
    })
    return toWireJob({ ...job, state: 'leased', lease_id: leaseId, lease_expires_ms: lease.expiresMs }, settings.unit)
  }
}
