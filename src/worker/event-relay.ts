import type { Coordinator, JobEvent } from '../domain/coordinator.ts'
import { CoordinatorFailure } from '../domain/coordinator-failure.ts'
import type { JobProgress } from '../domain/engine.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import { Waiters } from './waiters.ts'

/** The first event of a job goes out at once, then a batch, which is one request, this often at most. */
const FLUSH_EVERY_MS = 100
/** Of all jobs together there are no more than 40 requests a second: the processor is wanted for the jobs. */
const SHARED_MS = 25
/** Requests under way at once: a coordinator that is slow to take them keeps no connection from what matters. */
export const MAX_EVENT_REQUESTS = 4
/** Longest time for one request. */
const SEND_MS = 10_000
/** After a failure nothing is sent for so long, twice as long after each further one: else every job would wait for a dead endpoint. */
const FIRST_REST_MS = 1_000
const LONGEST_REST_MS = 60_000
/** Past this many waiting events of one job the oldest progress and log lines go: they are a courtesy, the proof is not. */
const MAX_WAITING = 500
/** Past so much waiting text of one job what comes is left out: the whole text is in the proof. */
const MAX_WAITING_CHARS = 4_000_000

interface Stream {
  seq: number
  waiting: JobEvent[]
  /** Of tokens and log lines that wait. */
  waitingChars: number
  sending: Promise<void> | null
  /** Monotonic. */
  nextSendMs: number
  timer: AbortController | null
}

/**
 * Sends what running jobs tell (tokens, progress) to the coordinator in small batches, in order, best effort:
 * a failed batch is lost, and no job waits for it but for the last one, briefly.
 */
export class EventRelay {
  readonly #deps: { readonly coordinator: Coordinator; readonly clock: Clock; readonly logger: Logger }
  readonly #streams = new Map<string, Stream>()
  readonly #places = new Waiters()
  #underWay = 0
  #failures = 0
  /** Monotonic. */
  #restsUntilMs = 0

  constructor(deps: { readonly coordinator: Coordinator; readonly clock: Clock; readonly logger: Logger }) {
    this.#deps = deps
  }

  push(jobId: string, progress: JobProgress): void {
    let stream = this.#streams.get(jobId)
    if (stream === undefined) {
      stream = { seq: 0, waiting: [], waitingChars: 0, sending: null, timer: null, nextSendMs: 0 }
      this.#streams.set(jobId, stream)
    }
    append(stream, progress, new Date(this.#deps.clock.nowMs()).toISOString())
    this.#schedule(jobId, stream)
  }

  /** Sends what is left of a job's events and forgets the job; resolves within `limitMs` whatever happens. */
  async finish(jobId: string, limitMs: number): Promise<void> {
    const stream = this.#streams.get(jobId)
    if (stream === undefined) return
    this.#streams.delete(jobId)
    stream.timer?.abort()
    const signal = AbortSignal.timeout(limitMs)
    if (stream.sending !== null && this.#restMs() === 0) await Promise.race([stream.sending, aborted(signal)])
    if (stream.waiting.length > 0 && this.#restMs() === 0 && !signal.aborted) await this.#send(jobId, stream, signal)
  }

  #schedule(jobId: string, stream: Stream): void {
    if (stream.timer !== null || stream.sending !== null) return
    const timer = new AbortController()
    stream.timer = timer
    const { clock } = this.#deps
    void clock.sleep(Math.max(stream.nextSendMs - clock.monotonicMs(), this.#restMs()), timer.signal).then(async () => {
      if (timer.signal.aborted) return
      stream.timer = null
      await this.#send(jobId, stream, AbortSignal.timeout(SEND_MS))
      if (stream.waiting.length > 0 && this.#streams.get(jobId) === stream) this.#schedule(jobId, stream)
    })
  }

  async #send(jobId: string, stream: Stream, signal: AbortSignal): Promise<void> {
    stream.sending = this.#sendInTurn(jobId, stream, signal)
    await stream.sending
    stream.sending = null
  }

  async #sendInTurn(jobId: string, stream: Stream, signal: AbortSignal): Promise<void> {
    const hasPlace = (): boolean => this.#underWay < MAX_EVENT_REQUESTS
    // Several may be woken for one place.
    while (!hasPlace() && !signal.aborted) await this.#places.until(hasPlace, signal)
    if (signal.aborted) return
    this.#underWay += 1
    await this.#sendWaiting(jobId, stream, signal)
    this.#underWay -= 1
    this.#places.wake()
  }

  async #sendWaiting(jobId: string, stream: Stream, signal: AbortSignal): Promise<void> {
    const { coordinator, clock, logger } = this.#deps
    const batch = stream.waiting
    stream.nextSendMs = clock.monotonicMs() + Math.max(FLUSH_EVERY_MS, this.#streams.size * SHARED_MS)
    stream.waiting = []
    stream.waitingChars = 0
    try {
      await coordinator.sendEvents(jobId, batch, signal)
      this.#failures = 0
    } catch (error) {
      logger.debug('job events lost', { job: jobId, events: batch.length, error: String(error) })
      this.#failures += 1
      const askedMs = error instanceof CoordinatorFailure ? (error.retryAfterMs ?? 0) : 0
      const restMs = Math.min(FIRST_REST_MS * 2 ** (this.#failures - 1), LONGEST_REST_MS)
      this.#restsUntilMs = clock.monotonicMs() + Math.max(restMs, askedMs)
    }
  }

  #restMs(): number {
    return Math.max(this.#restsUntilMs - this.#deps.clock.monotonicMs(), 0)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** Neighbouring tokens become one event and only the newest progress waits, so a slow coordinator costs no memory. */
function append(stream: Stream, progress: JobProgress, at: string): void {
  const chars = progress.type === 'progress' ? 0 : progress.data.length
  if (stream.waitingChars + chars > MAX_WAITING_CHARS) return
  stream.waitingChars += chars
  const last = stream.waiting.at(-1)
  if (last !== undefined && last.progress.type === 'token' && progress.type === 'token') {
    stream.waiting[stream.waiting.length - 1] = { ...last, progress: { type: 'token', data: last.progress.data + progress.data } }
    return
  }
  if (last !== undefined && last.progress.type === 'progress' && progress.type === 'progress') stream.waiting.pop()
  else stream.seq += 1
  stream.waiting.push({ seq: stream.seq, at, progress })
  if (stream.waiting.length > MAX_WAITING) {
    const dispensable = stream.waiting.findIndex((event) => event.progress.type !== 'token')
    stream.waiting.splice(Math.max(dispensable, 0), 1)
  }
}
