import { z } from 'zod'
import type { Reading } from './trend.ts'

const LineSchema = z.object({ time: z.iso.datetime(), message: z.string(), job: z.string().optional() })

/** Takes the lines of a miner's log, and tells how long jobs waited to be picked up and proofs to be taken. */
export class JobTimes {
  /** From the client's call to `job accepted`, in ms. */
  readonly pickUps: Reading[] = []
  /** From `job done` to `proof accepted`, in ms. */
  readonly proofs: Reading[] = []
  ended = 0
  readonly #startedMs: number
  readonly #submittedMs = new Map<string, number>()
  readonly #doneMs = new Map<string, number>()

  constructor(startedMs: number) {
    this.#startedMs = startedMs
  }

  submitted(jobId: string, atMs: number): void {
    this.#submittedMs.set(jobId, atMs)
  }

  take(line: string): void {
    const { time, message, job = '' } = LineSchema.parse(JSON.parse(line))
    const atMs = Date.parse(time)
    if (message === 'job accepted') this.#measure(this.pickUps, this.#submittedMs, job, atMs)
    if (message === 'job done') this.#doneMs.set(job, atMs)
    if (message === 'proof accepted') this.#measure(this.proofs, this.#doneMs, job, atMs)
    if (message === 'proof accepted' || message === 'failure reported' || message.startsWith('outcome dropped')) this.ended += 1
  }

  /** A job that is taken up a second time is measured once. */
  #measure(readings: Reading[], since: Map<string, number>, job: string, atMs: number): void {
    const sinceMs = since.get(job)
    if (sinceMs === undefined) return
    since.delete(job)
    readings.push({ atS: (atMs - this.#startedMs) / 1000, value: Math.max(atMs - sinceMs, 0) })
  }
}
