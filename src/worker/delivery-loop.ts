import type { Coordinator } from '../domain/coordinator.ts'
import { CoordinatorFailure } from '../domain/coordinator-failure.ts'
import type { Journal, OutboxEntry } from '../domain/journal.ts'
import type { Settlement } from '../domain/outcome.ts'
import type { Clock, Logger, Random } from '../domain/ports.ts'
import { backoffMs, COORDINATOR_BACKOFF } from './backoff.ts'
import type { CoordinatorHealth } from './coordinator-health.ts'
import { WakeUp } from './wake-up.ts'

/** Deliveries under way at once; more would not be faster on one connection pool. */
const MAX_IN_FLIGHT = 8
/** A delivery that the coordinator refuses is tried again, ever more rarely, until the deadline. */
const REFUSED_BACKOFF = { baseMs: 2_000, capMs: 10 * 60_000 }

export interface DeliveryLoopDeps {
  readonly coordinator: Coordinator
  readonly health: CoordinatorHealth
  readonly journal: Journal
  readonly deadlineMs: number
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly onSettled: (entry: OutboxEntry, settlement: Settlement) => void
}

/**
 * Empties the outbox: sends each outcome, oldest first, until the coordinator has taken it, it is no longer ours, or
 * the deadline has passed. An outcome just recorded goes out at once; what cannot go waits in the journal, where a
 * restart finds it. While the coordinator does not answer, one delivery tries and the others wait.
 */
export class DeliveryLoop {
  readonly #deps: DeliveryLoopDeps
  readonly #wakeUp: WakeUp
  readonly #inFlight = new Map<number, Promise<void>>()
  /** True when rows may be due that were not offered: at start, and after any delivery had to wait. */
  #hasBacklog = true
  #failures = 0
  #pausedUntilMs = 0
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
    const isClear = this.#failures === 0 && !this.#hasBacklog && this.#inFlight.size < MAX_IN_FLIGHT
    if (this.#signal !== null && isClear) this.#start(entry, this.#signal)
    else {
      this.#hasBacklog = true
      this.#wakeUp.notify()
    }
  }

  /** Ends a pause: the coordinator has answered somebody. */
  resume(): void {
    if (this.#pausedUntilMs === 0) return
    this.#pausedUntilMs = 0
    this.#wakeUp.notify()
  }

  /** Runs until the signal aborts; then waits for what is under way. Rejects only when the journal fails. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal
    while (!signal.aborted && this.#fatal === null) {
      if (!this.#isPaused()) this.#startDue(signal)
      await this.#wakeUp.wait(this.#untilNextMs(), signal)
    }
    this.#signal = null
    await Promise.all(this.#inFlight.values())
    if (this.#fatal !== null) throw this.#fatal.error
  }

  #isPaused(): boolean {
    return this.#deps.clock.nowMs() < this.#pausedUntilMs
  }

  /** How long there is nothing to do unless somebody wakes the loop; null for no limit. */
  #untilNextMs(): number | null {
    const nowMs = this.#deps.clock.nowMs()
    if (this.#isPaused()) return this.#pausedUntilMs - nowMs
    const nextAtMs = this.#deps.journal.nextDueAtMs()
    if (nextAtMs === null) return null
    this.#hasBacklog = true
    // Rows under way count as due: they must not make this loop spin.
    return this.#inFlight.size > 0 ? Math.max(nextAtMs - nowMs, 1_000) : Math.max(nextAtMs - nowMs, 1)
  }

  #startDue(signal: AbortSignal): void {
    // After a failure one delivery tries the ground before the rest follow.
    const places = (this.#failures > 0 ? 1 : MAX_IN_FLIGHT) - this.#inFlight.size
    if (!this.#hasBacklog || places <= 0) return
    const due = this.#deps.journal.due(this.#deps.clock.nowMs(), places + this.#inFlight.size)
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
    const { coordinator, journal, clock, health, deadlineMs } = this.#deps
    if (clock.nowMs() - entry.createdAtMs > deadlineMs) {
      this.#settle(entry, {
        kind: 'dropped',
        reason: `not taken within ${Math.round(deadlineMs / 3_600_000)} h (DELIVERY_DEADLINE_HOURS)`,
      })
      return
    }
    try {
      await journal.sync()
      const settlement = await coordinator.deliver(entry, signal)
      this.#failures = 0
      health.succeeded()
      this.#settle(entry, settlement)
    } catch (error) {
      if (!(error instanceof CoordinatorFailure)) throw error
      if (!signal.aborted) this.#failed(entry, error)
    }
  }

  #failed(entry: OutboxEntry, failure: CoordinatorFailure): void {
    const { journal, clock, health, random, logger } = this.#deps
    health.deliveryFailed(failure)
    this.#hasBacklog = true
    const nowMs = clock.nowMs()
    if (failure.isGeneral) {
      this.#failures += 1
      const pauseMs = backoffMs(COORDINATOR_BACKOFF, this.#failures, random, failure.retryAfterMs)
      this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + pauseMs)
      journal.postpone(entry.seq, nowMs)
      return
    }
    const pauseMs = backoffMs(REFUSED_BACKOFF, entry.tries + 1, random, failure.retryAfterMs)
    journal.postpone(entry.seq, nowMs + pauseMs)
    logger.warn('delivery refused: it will be tried again', {
      job: entry.job.id,
      error: failure.message,
      tries: entry.tries + 1,
      next_try_s: Math.round(pauseMs / 1000),
    })
  }

  #settle(entry: OutboxEntry, settlement: Settlement): void {
    this.#deps.journal.settle(entry.seq, settlement, this.#deps.clock.nowMs())
    this.#deps.onSettled(entry, settlement)
  }
}
