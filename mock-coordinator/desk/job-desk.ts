import type { WireJobSubmission, WireJobView, WireJobsPage } from '../../src/protocol/client-jobs.ts'
import type { WireJobsQuery } from '../../src/protocol/page-query.ts'
import { ApiError } from '../api-error.ts'
import type { Identity } from '../auth/key-ring.ts'
import { newId } from '../ids.ts'
import { formatMoney, parseReward } from '../money.ts'
import type { JobRow } from '../store/job-table.ts'
import { findJob } from './claim.ts'
import { JobDocumentSchema, toJobView } from './job-document.ts'
import type { DeskDeps } from './requeue.ts'

/** Serves clients: submission, views, cancel. */
export class JobDesk {
  readonly #deps: DeskDeps

  constructor(deps: DeskDeps) {
    this.#deps = deps
  }

  /** Queues a job. Runs inside the caller's transaction. */
  submit(identity: Identity, submission: WireJobSubmission): WireJobView {
    const { store, hub, dispatcher, settings } = this.#deps
    const nowMs = settings.nowMs()
    if (submission.reward && submission.reward.unit !== settings.unit) {
      throw new ApiError('INVALID_PAYLOAD', `reward.unit: must be ${settings.unit}`, { field: 'reward.unit' })
    }
    const id = newId('job', nowMs)
    store.jobs.insert({
      id,
      owner_key: identity.keyId,
      workload: submission.workload,
      doc: JSON.stringify(JobDocumentSchema.parse(submission)),
      reward: formatMoney(parseReward(submission.reward?.amount ?? settings.defaultReward)),
      needs_gpu: submission.requirements?.gpu === true ? 1 : 0,
      needs_vram_mb: submission.requirements?.vram_mb ?? 0,
      needs_model: submission.requirements?.model ?? null,
      created_ms: nowMs,
      deadline_ms: nowMs + Math.round((submission.ttl_s ?? settings.defaultTtlS) * 1000),
    })
    hub.publishState(id, 'queued', 1, nowMs)
    // After the transaction, since handing the job out is one of its own.
    queueMicrotask(() => dispatcher.offer(id))
    return this.#toView(findJob(store, id))
  }

  view(identity: Identity, id: string): WireJobView {
    return this.#toView(this.find(identity, id))
  }

  /** The job, when the caller may see it: its own client, an admin, or anyone where keys have no roles. */
  find(identity: Identity, id: string): JobRow {
    const job = findJob(this.#deps.store, id)
    if (identity.role === 'client' && job.owner_key !== identity.keyId) {
      throw new ApiError('FORBIDDEN', `job ${job.id} belongs to another client`, { id: job.id })
    }
    return job
  }

  page(identity: Identity, query: WireJobsQuery): WireJobsPage {
    const rows = this.#deps.store.jobs.page(
      { ...query, limit: query.limit + 1 },
      identity.role === 'client' ? identity.keyId : null,
    )
    const shown = rows.slice(0, query.limit)
    return {
      jobs: shown.map((job) => this.#toView(job)),
      next_cursor: rows.length > query.limit ? String(shown.at(-1)?.seq ?? '') : null,
    }
  }

  /** Ends a queued or running job; one that has ended stays as it is. Runs inside the caller's transaction. */
  cancel(identity: Identity, id: string): WireJobView {
    const { store, hub, settings } = this.#deps
    const job = this.find(identity, id)
    if (job.state === 'queued' || job.state === 'leased') {
      const nowMs = settings.nowMs()
      const error = { code: 'E_CANCELED', message: 'canceled by the client', retryable: false }
      store.jobs.end(job.id, { state: 'canceled', error, receipt: null }, nowMs)
      if (job.lease_id !== null) store.leases.end(job.lease_id, 'canceled', true)
      hub.publishState(job.id, 'canceled', job.attempt, nowMs)
    }
    return this.#toView(findJob(store, id))
  }

  #toView(job: JobRow): WireJobView {
    const { store, settings } = this.#deps
    return toJobView(job, job.state === 'completed' ? store.outputs.info(job.id) : null, settings.unit)
  }
}
