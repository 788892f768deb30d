import type { WireJobState } from '../../src/protocol/client-jobs.ts'
import type { WireJobEvents } from '../../src/protocol/job-events.ts'
import { toUtcTime } from '../ids.ts'
import type { EventRow, EventTable } from '../store/event-table.ts'

type Listener = (event: EventRow) => void

/** Records the events of jobs and passes each on to those who watch the job. */
export class EventHub {
  readonly #table: EventTable
  readonly #listeners = new Map<string, Set<Listener>>()

  constructor(table: EventTable) {
    this.#table = table
  }

  publishState(jobId: string, state: WireJobState, attempt: number, nowMs: number): void {
    const data = JSON.stringify({ state, attempt })
    this.#publish(this.#table.insert({ job_id: jobId, attempt, minerSeq: null, type: 'state', at: toUtcTime(nowMs), data }))
  }

  /** Takes a miner's batch; returns how many were new. */
  publishBatch(jobId: string, attempt: number, batch: WireJobEvents): number {
    let added = 0
    for (const { seq, at, type, data } of batch) {
      const json = JSON.stringify({ attempt, seq, at, data: data ?? null })
      const event = this.#table.insert({ job_id: jobId, attempt, minerSeq: seq, type, at, data: json })
      if (event !== null) added += 1
      this.#publish(event)
    }
    return added
  }

  /** Past events with an id over `lastId`. */
  replay(jobId: string, lastId: number): EventRow[] {
    return this.#table.after(jobId, lastId)
  }

  /** Calls `listener` with each event to come; the returned function ends that. */
  watch(jobId: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(jobId) ?? new Set()
    this.#listeners.set(jobId, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(jobId)
    }
  }

  #publish(event: EventRow | null): void {
    if (event === null) return
    const listeners = this.#listeners.get(event.job_id)
    if (listeners === undefined) return
    // After the running transaction, so that nobody hears of a change that is rolled back or not yet readable.
    queueMicrotask(() => {
      for (const listener of listeners) listener(event)
    })
  }
}
