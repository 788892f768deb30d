import { isDeepStrictEqual } from 'node:util'
import type { OutboxEntry } from '../../../src/domain/journal.ts'
import type { Job } from '../../../src/domain/job.ts'
import type { Settlement } from '../../../src/domain/outcome.ts'
import { sampleJob } from '../../support/sample-jobs.ts'

const MAX_ATTEMPTS = 3

type Ending = 'completed' | 'failed' | 'canceled'

interface Held {
  readonly id: string
  attempt: number
  /** How many leases there were: the last one counts. */
  leases: number
  isHeld: boolean
  ending: Ending | null
}

/** A coordinator's books: which job is whose, how it ended, and what was paid. Throws when one would end twice. */
export class HonestBooks {
  readonly #jobs: readonly Held[]
  readonly #answers = new Map<string, { readonly body: unknown; readonly settlement: Settlement }>()
  credits = 0

  constructor(jobs: number) {
    this.#jobs = Array.from({ length: jobs }, (_, n) => ({ id: `job_${n}`, attempt: 1, leases: 0, isHeld: false, ending: null }))
  }

  get areClosed(): boolean {
    return this.#jobs.every(({ ending }) => ending !== null)
  }

  endings(): readonly (Ending | null)[] {
    return this.#jobs.map(({ ending }) => ending)
  }

  held(): readonly Held[] {
    return this.#jobs.filter(({ isHeld }) => isHeld)
  }

  /** The next job of the queue under a new lease; else null. */
  lend(): Job | null {
    const job = this.#jobs.find(({ ending, isHeld }) => ending === null && !isHeld)
    if (job === undefined) return null
    job.isHeld = true
    job.leases += 1
    return documentOf(job)
  }

  /** A job that the miner has already, as it was given. */
  repeat(job: Held): Job {
    return documentOf(job)
  }

  /** The job that this lease is of, if it is the one that counts. */
  isCurrent(job: Held, leaseId: string): boolean {
    return leaseOf(job) === leaseId
  }

  /** What was answered to this key; null before. */
  answerTo(idempotencyKey: string): Settlement | null {
    return this.#answers.get(idempotencyKey)?.settlement ?? null
  }

  /** The lease has run out: the job is to be had again, one attempt further. */
  takeBack(job: Held): void {
    job.isHeld = false
    if (job.attempt >= MAX_ATTEMPTS) this.#end(job, 'failed')
    else job.attempt += 1
  }

  cancel(job: Held): void {
    this.#end(job, 'canceled')
  }

  /** Takes an outcome as section 3 of the API has it: one key, one body, one answer; one job, one payment. */
  take({ idempotencyKey, job: { id, attempt, lease }, outcome }: OutboxEntry): Settlement {
    const body = { id, attempt, lease: lease?.id, outcome }
    const first = this.#answers.get(idempotencyKey)
    if (first !== undefined) {
      if (!isDeepStrictEqual(first.body, body)) throw new Error(`${idempotencyKey} came again with another body`)
      return first.settlement
    }
    const job = this.#jobs.find((each) => each.id === id)
    if (job === undefined) throw new Error(`${id} was never given out`)
    if (outcome.kind === 'proved' && outcome.poc !== null && outcome.poc.signature !== `${lease?.id} ${attempt}`) {
      throw new Error(`the proof of ${id} is signed for ${outcome.poc.signature}`)
    }
    const settlement = this.#judge(job, lease?.id === leaseOf(job) && attempt === job.attempt, outcome)
    this.#answers.set(idempotencyKey, { body, settlement })
    return settlement
  }

  #judge(job: Held, isCurrent: boolean, outcome: OutboxEntry['outcome']): Settlement {
    if (job.ending === 'completed' && outcome.kind === 'proved') return CREDITED
    if (!job.isHeld || !isCurrent) return { kind: 'dropped', reason: 'lease lost' }
    if (outcome.kind === 'proved') {
      this.#end(job, 'completed')
      this.credits += 1
      return CREDITED
    }
    if (outcome.failure.retryable) this.takeBack(job)
    else this.#end(job, 'failed')
    return { kind: 'reported' }
  }

  #end(job: Held, ending: Ending): void {
    if (job.ending !== null) throw new Error(`${job.id} was ${job.ending} and ends again as ${ending}`)
    job.ending = ending
    job.isHeld = false
  }
}

const CREDITED: Settlement = { kind: 'credited', reward: '1', balance: null, unit: 'AITBC' }

const leaseOf = ({ id, leases }: Held): string => `lease_${id}_${leases}`

function documentOf(job: Held): Job {
  return sampleJob({ id: job.id, attempt: job.attempt, lease: { id: leaseOf(job), expiresAt: '2026-01-01T00:10:00Z' } })
}
