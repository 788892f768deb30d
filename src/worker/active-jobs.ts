import type { FailureCode } from '../domain/failure-codes.ts'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { JournalEntry } from '../domain/journal.ts'
import type { Job, Lease } from '../domain/job.ts'
import { Waiters } from './waiters.ts'

/** More jobs than this are not listed in a heartbeat: a long outage can leave thousands of outcomes waiting. */
export const MAX_LISTED_JOBS = 256

/**
 * A job that this miner holds: from its acceptance until the coordinator has taken its outcome. All that time its
 * lease is renewed, so that no other miner does the work again while a proof waits for delivery.
 */
export class ActiveJob {
  #entry: Pick<JournalEntry, 'seq' | 'job'>
  readonly acceptedMonotonicMs: number
  readonly #controller = new AbortController()
  state: 'accepted' | 'running' | 'proven' | 'failed'
  lease: Lease | null
  /** Steps done of steps in all, as the workload tells them. */
  progress: { readonly done: number; readonly total: number } | null = null
  /** Heartbeat answers in a row that did not name this job's lease. */
  missedLeases = 0

  constructor(entry: Pick<JournalEntry, 'seq' | 'job'>, acceptedMonotonicMs: number, state: ActiveJob['state'] = 'accepted') {
    this.#entry = entry
    this.state = state
    this.lease = entry.job.lease
    this.acceptedMonotonicMs = acceptedMonotonicMs
  }

  get entry(): Pick<JournalEntry, 'seq' | 'job'> {
    return this.#entry
  }

  /** Takes over the lease and the attempt under which the coordinator has offered the same job again. */
  adopt(job: Job): void {
    this.#entry = { seq: this.#entry.seq, job }
    this.lease = job.lease
    this.missedLeases = 0
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Asks the job to end; the first reason given is the one that is reported. */
  cancel(code: FailureCode, message: string): void {
    this.#controller.abort(new JobFailureError(code, message))
  }
}

/** The jobs that this miner holds now, by id. */
export class ActiveJobs {
  readonly #byId = new Map<string, ActiveJob>()
  readonly #waiters = new Waiters()

  add(job: ActiveJob): void {
    this.#byId.set(job.entry.job.id, job)
  }

  /** Forgets the job with this id, unless a later entry has taken its place. */
  remove(id: string, seq: number): void {
    if (this.#byId.get(id)?.entry.seq !== seq) return
    this.#byId.delete(id)
    this.#waiters.wake()
  }

  /** Resolves when no job with this id is held, or the signal aborts. */
  whenGone(id: string, signal: AbortSignal): Promise<void> {
    return this.#waiters.until(() => !this.#byId.has(id), signal)
  }

  get(id: string): ActiveJob | null {
    return this.#byId.get(id) ?? null
  }

  all(): ActiveJob[] {
    return [...this.#byId.values()]
  }

  /** Those that a heartbeat lists: the ones still to be done first, then outcomes that wait for delivery. */
  listed(): ActiveJob[] {
    const jobs = this.all()
    const isDone = ({ state }: ActiveJob): boolean => state === 'proven' || state === 'failed'
    return [...jobs.filter((job) => !isDone(job)), ...jobs.filter(isDone)].slice(0, MAX_LISTED_JOBS)
  }

  /** Asks every job that still runs to end. */
  cancelAll(code: FailureCode, message: string): void {
    for (const job of this.#byId.values()) job.cancel(code, message)
  }
}
