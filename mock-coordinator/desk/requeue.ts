import type { WireJobViewError } from '../../src/protocol/client-jobs.ts'
import type { Settings } from '../settings.ts'
import type { JobRow } from '../store/job-table.ts'
import type { Store } from '../store/store.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { EventHub } from './event-hub.ts'
import { readRefusedBy } from './matching.ts'

/** What the desks that change jobs work with. */
export interface DeskDeps {
  readonly store: Store
  readonly hub: EventHub
  readonly dispatcher: Dispatcher
  readonly settings: Settings
}

/** Why a leased job goes back; `refusedBy` is the address of a miner that must not get it again. */
export interface Return {
  readonly error: WireJobViewError
  readonly refusedBy: string | null
}

/** Puts a leased job back into the queue one attempt further, or ends it as failed at the limit. Runs inside a transaction. */
export function requeueOrFail(deps: DeskDeps, job: JobRow, back: Return): void {
  const { store, hub, dispatcher, settings } = deps
  const nowMs = settings.nowMs()
  if (job.attempt >= settings.maxAttempts) {
    store.jobs.end(job.id, { state: 'failed', error: back.error, receipt: null }, nowMs)
    hub.publishState(job.id, 'failed', job.attempt, nowMs)
    return
  }
  const refusedBy = readRefusedBy(job)
  if (back.refusedBy !== null && !refusedBy.includes(back.refusedBy)) refusedBy.push(back.refusedBy)
  store.jobs.requeue(job.id, refusedBy, back.error)
  hub.publishState(job.id, 'queued', job.attempt + 1, nowMs)
  // After the transaction, since handing the job out is one of its own.
  queueMicrotask(() => dispatcher.offer(job.id))
}
