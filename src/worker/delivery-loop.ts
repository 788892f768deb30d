import type { Coordinator } from '../domain/coordinator.ts'
import { CoordinatorFailure } from '../domain/coordinator-failure.ts'
import type { CrashPointHook } from '../domain/crash-points.ts'
import { MAX_DELIVERY_PAUSE_MS } from '../domain/journal.ts'
import type { Journal, OutboxEntry } from '../domain/journal.ts'
import type { Settlement } from '../domain/outcome.ts'
import type { Clock, Logger, Random } from '../domain/ports.ts'
import { backoffMs, COORDINATOR_BACKOFF } from './backoff.ts'
import type { CoordinatorHealth } from './coordinator-health.ts'
import { FAULT_RETRY_MS, isJournalWriteFailure } from './local-faults.ts'
import type { LocalFaults } from './local-faults.ts'
import type { LoopProgress } from './loop-progress.ts'
import { WakeUp } from './wake-up.ts'

/** Deliveries under way at once; more would not be faster on one connection pool. */
export const MAX_DELIVERIES = 8
/** A delivery that the coordinator refuses is tried again, ever more rarely, until the deadline. */
const REFUSED_BACKOFF = { baseMs: 2_000, capMs: 10 * 60_000 }
/** The wall clock and the monotonic one part by less than this when nobody sets the former. */
const CLOCK_MOVED_MS = 1_000
/** Of a delivery: the output and the proof. */
const CALLS_PER_DELIVERY = 2
/** More than the time that an upload is given for each 16 MiB. */
const UPLOAD_MS_PER_MIB = 5_000

export interface DeliveryLoopDeps {
  readonly coordinator: Coordinator
  readonly health: CoordinatorHealth
  readonly journal: Journal
  readonly faults: Pick<LocalFaults, 'report'>
  readonly deadlineMs: number
  /** A call to the coordinator takes no longer, besides the time for a large output. */
  readonly requestTimeoutMs: number
  readonly progress: LoopProgress
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly onSettled: (entry: OutboxEntry, settlement: Settlement) => void
  readonly crashPoint?: CrashPointHook
}

/** How the deliveries fare, for `status`. */
export interface DeliverySnapshot {
  /** How long all deliveries wait because the coordinator does not answer; 0 when they do not. */
  readonly pausedMs: number
  /** Of the last delivery that failed, until it, or any after a failure that concerns all, succeeds. */
  readonly lastError: string | null
}

/**
 * Empties the outbox: sends each outcome, oldest first, until the coordinator has taken it, it is no longer ours, or
 * the deadline has passed. An outcome just recorded goes out at once; what cannot go waits in the journal, where a
 * restart finds it. While the coordinator does not answer, one delivery tries and the others wait. While the journal
 * cannot be written, what was sent stays in flight, so that it is neither sent twice nor forgotten.
 */
export class DeliveryLoop {
  readonly #deps: DeliveryLoopDeps
  readonly #wakeUp: WakeUp
  readonly #inFlight = new Map<number, Promise<void>>()
  /** True when rows may be due that were not offered: at start, and after any delivery had to wait. */
  #hasBacklog = true
  #failures = 0
  /** Monotonic: a clock that is set back must not make a pause longer. */
  #pausedUntilMs: number | null = null
  #lastFailure: { readonly seq: number; readonly failure: CoordinatorFailure } | null = null
  /** Wall clock less monotonic clock, as the times in the outbox were last brought in line with it. */
  #clockOffsetMs: number | null = null
  #signal: AbortSignal | null = null
  #fatal: { readonly error: unknown } | null = null

  constructor(deps: DeliveryLoopDeps) {
    this.#deps = deps
    this.#wakeUp = new WakeUp(deps.clock)
  }

  /** Takes an outcome fresh from the journal; to be called as soon as it stands there. */
  offer(entry: OutboxEntry): void {
    // The loop may have found the row by itself a moment ago.
    if (this.#inFlight.has(entry.seq)) return
    const isClear = this.#failures === 0 && !this.#hasBacklog && this.#inFlight.size < MAX_DELIVERIES
    if (this.#signal !== null && isClear) this.#start(entry, this.#signal)
    else {
      this.#hasBacklog = true
      this.#wakeUp.notify()
    }
  }

  /** Ends a pause: the coordinator has answered somebody. */
  resume(): void {
    if (this.#pausedUntilMs === null) return
    this.#pausedUntilMs = null
    this.#wakeUp.notify()
  }

  snapshot(): DeliverySnapshot {
    return { pausedMs: this.#pausedMs(), lastError: this.#lastFailure?.failure.message ?? null }
  }

  /** Runs until the signal aborts; then waits for what is under way. Rejects only when the journal fails. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal
    while (!signal.aborted && this.#fatal === null) {
      const waitMs = this.#turn(signal)
      const woken = this.#wakeUp.wait(waitMs, signal)
      await (waitMs === null ? woken : this.#deps.progress.within(waitMs, woken))
    }
    this.#signal = null
    await Promise.all(this.#inFlight.values())
    if (this.#fatal !== null) throw this.#fatal.error
  }

  /** Starts what is due. Returns how long there is nothing to do unless somebody wakes the loop; null for no limit. */
  #turn(signal: AbortSignal): number | null {
    try {
      this.#followClock()
      if (this.#pausedMs() === 0) this.#startDue(signal)
      return this.#untilNextMs()
    } catch (error) {
      // SQLite may need to write where it only reads.
      if (!isJournalWriteFailure(error)) throw error
      this.#deps.faults.report('journal', error)
      return FAULT_RETRY_MS
    }
  }

  #pausedMs(): number {
    return this.#pausedUntilMs === null ? 0 : Math.max(this.#pausedUntilMs - this.#deps.clock.monotonicMs(), 0)
  }

  /** Outcomes wait by the wall clock, since they wait through restarts: when somebody sets it, their times go with it. */
  #followClock(): void {
    const { clock, journal } = this.#deps
    const offsetMs = clock.nowMs() - clock.monotonicMs()
    const movedMs = this.#clockOffsetMs === null ? 0 : offsetMs - this.#clockOffsetMs
    if (this.#clockOffsetMs !== null && Math.abs(movedMs) < CLOCK_MOVED_MS) return
    if (journal.counts().outbox > 0) journal.followClock(movedMs, clock.nowMs())
    this.#clockOffsetMs = offsetMs
  }

  #untilNextMs(): number | null {
    const pausedMs = this.#pausedMs()
    if (pausedMs > 0) return pausedMs
    const nowMs = this.#deps.clock.nowMs()
    const nextAtMs = this.#deps.journal.nextDueAtMs()
    if (nextAtMs === null) return null
    this.#hasBacklog = true
    // Rows under way count as due: they must not make this loop spin.
    return this.#inFlight.size > 0 ? Math.max(nextAtMs - nowMs, 1_000) : Math.max(nextAtMs - nowMs, 1)
  }

  #startDue(signal: AbortSignal): void {
    // After a failure one delivery tries the ground before the rest follow.
    const places = (this.#failures > 0 ? 1 : MAX_DELIVERIES) - this.#inFlight.size
    if (!this.#hasBacklog || places <= 0) return
    // Each failed try goes to the end of the line, so that one which can never succeed does not hold up the rest; those that are left
    // when the coordinator is back go in the order of their jobs.
    const order = this.#failures > 0 ? 'longest due' : 'oldest'
    const due = this.#deps.journal.due(this.#deps.clock.nowMs(), places + this.#inFlight.size, order)
    const fresh = due.filter((entry) => !this.#inFlight.has(entry.seq)).slice(0, places)
    this.#hasBacklog = fresh.length === places
    for (const entry of fresh) this.#start(entry, signal)
  }

  #start(entry: OutboxEntry, signal: AbortSignal): void {
    const delivery = this.#deliver(entry, signal)
      .catch((error: unknown) => {
        this.#fatal ??= { error }
      })
      .finally(() => {
        this.#inFlight.delete(entry.seq)
        if (this.#hasBacklog || this.#fatal !== null || this.#inFlight.size === 0) this.#wakeUp.notify()
      })
    this.#inFlight.set(entry.seq, delivery)
  }

  async #deliver(entry: OutboxEntry, signal: AbortSignal): Promise<void> {
    const { coordinator, journal, clock, health, deadlineMs, crashPoint } = this.#deps
    if (clock.nowMs() - entry.createdAtMs > deadlineMs) {
      const reason = `not taken within ${Math.round(deadlineMs / 3_600_000)} h (DELIVERY_DEADLINE_HOURS)`
      return this.#settle(entry, { kind: 'dropped', reason }, signal)
    }
    let settlement
    try {
      await journal.sync()
      crashPoint?.('deliver:synced')
      settlement = await this.#deps.progress.within(this.#longestMs(entry), coordinator.deliver(entry, signal))
    } catch (error) {
      if (!(error instanceof CoordinatorFailure)) throw error
      return signal.aborted ? undefined : this.#failed(entry, error, signal)
    }
    crashPoint?.('deliver:answered')
    this.#failures = 0
    health.succeeded()
    if (this.#lastFailure?.seq === entry.seq || this.#lastFailure?.failure.isGeneral === true) this.#lastFailure = null
    return this.#settle(entry, settlement, signal, entry.idempotencyKey)
  }

  #longestMs({ outcome }: OutboxEntry): number {
    const bytes = outcome.kind === 'proved' ? outcome.output.sizeBytes : 0
    return CALLS_PER_DELIVERY * this.#deps.requestTimeoutMs + 60_000 + (bytes / 2 ** 20) * UPLOAD_MS_PER_MIB
  }

  async #failed(entry: OutboxEntry, failure: CoordinatorFailure, signal: AbortSignal): Promise<void> {
    const { journal, clock, health, random, logger } = this.#deps
    health.deliveryFailed(failure)
    this.#lastFailure = { seq: entry.seq, failure }
    this.#hasBacklog = true
    const nowMs = clock.nowMs()
    if (failure.isGeneral) {
      this.#failures += 1
      const pauseMs = backoffMs(COORDINATOR_BACKOFF, this.#failures, random, failure.retryAfterMs)
      this.#pausedUntilMs = clock.monotonicMs() + Math.max(this.#pausedMs(), pauseMs)
      await this.#write(() => journal.postpone(entry.seq, nowMs), signal)
      return
    }
    const backoff = backoffMs(REFUSED_BACKOFF, entry.tries + 1, random, failure.retryAfterMs)
    const pauseMs = Math.min(backoff, MAX_DELIVERY_PAUSE_MS)
    await this.#write(() => journal.postpone(entry.seq, nowMs + pauseMs), signal)
    logger.warn('delivery refused: it will be tried again', {
      job: entry.job.id,
      error: failure.message,
      tries: entry.tries + 1,
      next_try_s: Math.round(pauseMs / 1000),
    })
  }

  async #settle(entry: OutboxEntry, settlement: Settlement, signal: AbortSignal, deliveredKey?: string): Promise<void> {
    const { journal, clock, logger, onSettled } = this.#deps
    let isSettled = false
    const isWritten = await this.#write(() => {
      isSettled = journal.settle(entry.seq, settlement, clock.nowMs(), deliveredKey)
    }, signal)
    if (!isWritten) return
    if (isSettled) {
      onSettled(entry, settlement)
      return
    }
    // While it was under way the job was offered again: the outcome goes out once more, for the lease that counts.
    logger.info('outcome goes out again: the job has come back under another lease', { job: entry.job.id })
    this.#hasBacklog = true
  }

  /**
   * Writes to the journal, again and again while the disk refuses. False when the loop ends before that succeeds: the next
   * start then sends the same request with the same key.
   */
  async #write(write: () => void, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      try {
        write()
        return true
      } catch (error) {
        if (!isJournalWriteFailure(error)) throw error
        this.#deps.faults.report('journal', error)
        if (signal.aborted) return false
        await this.#deps.clock.sleep(FAULT_RETRY_MS, signal)
      }
    }
  }
}
