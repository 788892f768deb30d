import { once } from 'node:events'
import type { Coordinator } from '../domain/coordinator.ts'
import type { Engine } from '../domain/engine.ts'
import type { Journal } from '../domain/journal.ts'
import type { Clock, Logger, ServiceNotifier } from '../domain/ports.ts'
import type { ActiveJobs } from '../worker/active-jobs.ts'
import type { DeliveryLoop } from '../worker/delivery-loop.ts'
import { runHeartbeatLoop } from '../worker/heartbeat-loop.ts'
import type { HeartbeatLoopDeps } from '../worker/heartbeat-loop.ts'
import type { JobRunner } from '../worker/job-runner.ts'
import type { LocalFaults } from '../worker/local-faults.ts'
import { runPollLoop } from '../worker/poll-loop.ts'
import type { PollLoopDeps } from '../worker/poll-loop.ts'
import { recoverJobs } from '../worker/recovery.ts'

/** After the last job has ended, outcomes have this long to reach the coordinator; the rest waits in the journal. */
const FLUSH_MS = 5_000
/** What a canceled job may take beyond the engine's own grace before it is left behind. */
const CANCEL_MARGIN_MS = 3_000
/** For what a stop does besides: engines and connections are closed. */
const CLOSING_MS = 10_000

export interface LifecycleDeps {
  /** False while the configuration holds placeholders: the coordinator is then left alone. */
  readonly isConfigured: boolean
  readonly journal: Journal
  readonly engine: Engine
  readonly coordinator: Coordinator
  readonly runner: JobRunner
  readonly activeJobs: ActiveJobs
  readonly delivery: DeliveryLoop
  readonly faults: LocalFaults
  readonly pollLoop: PollLoopDeps
  readonly heartbeatLoop: HeartbeatLoopDeps
  readonly notifier: ServiceNotifier
  readonly drainMs: number
  readonly cancelGraceMs: number
  readonly clock: Clock
  readonly logger: Logger
}

export type LifecyclePhase = 'starting' | 'working' | 'yielding' | 'draining' | 'stopping'

/**
 * The life of the miner:
 *
 *     starting ──▶ working ──▶ draining ──▶ stopping
 *                     │  └──────────▲──────────▲
 *                     └─▶ yielding ─┴──────────┘
 *
 * - working: the three loops run; they share nothing that one of them could block for the others
 * - yielding: no new jobs; the running ones end by themselves, however long that takes: another miner with new settings is
 *   to take the place of this one
 * - draining: no new jobs; the running ones end by themselves, within `drainMs`
 * - stopping: what still runs is canceled and handed back (`E_SHUTDOWN`); outcomes get a last chance of delivery
 *
 * Polls, jobs and deliveries hang off three different signals, because each ends at another moment.
 */
export class Lifecycle {
  readonly #deps: LifecycleDeps
  readonly #polling = new AbortController()
  /** Running jobs have had their time. */
  readonly #timeIsUp = new AbortController()
  readonly #ended = new AbortController()
  readonly #contact = new AbortController()
  #phase: LifecyclePhase = 'starting'
  readonly #stopped = Promise.withResolvers<void>()
  /** Settled when the poll loop can bring no more jobs. */
  #pollsEnded: Promise<unknown> = Promise.resolve()
  #isEnding = false
  #isStopping = false
  #failure: { readonly error: unknown } | null = null
  #handedBack = 0

  constructor(deps: LifecycleDeps) {
    this.#deps = deps
  }

  get phase(): LifecyclePhase {
    return this.#phase
  }

  /** How many jobs were canceled to stop in time. */
  get handedBack(): number {
    return this.#handedBack
  }

  /** Works until `yield`, `drain` or `cancel` is called; resolves when all has ended. Rejects when a loop fails, after stopping the rest. */
  async run(): Promise<void> {
    // Nothing begins for one that was told to stop before.
    const loops = this.#isEnding ? [] : this.#begin()
    for (const loop of loops) loop.catch((error: unknown) => this.fail(error))
    await this.#stopped.promise
    await Promise.allSettled(loops)
    if (this.#failure !== null) throw this.#failure.error
  }

  /** Stops because the miner cannot go on; `run` then rejects with the error. */
  fail(error: unknown): void {
    if (this.#failure !== null) return
    this.#failure = { error }
    this.#deps.logger.error('the miner cannot go on: it stops', { error: error instanceof Error ? error.message : String(error) })
    this.cancel()
  }

  #begin(): Promise<void>[] {
    const { logger, notifier, isConfigured, pollLoop } = this.#deps
    this.#phase = 'working'
    // Recovered jobs come first, so that the first heartbeat renews their leases.
    if (isConfigured) recoverJobs({ ...this.#deps, onRecovered: pollLoop.onAccepted })
    const loops = isConfigured ? this.#startLoops() : []
    notifier.ready()
    if (!isConfigured) logger.error('not configured: set the keys named above, then reload or restart the miner')
    return loops
  }

  #startLoops(): Promise<void>[] {
    const { pollLoop, heartbeatLoop, delivery, faults } = this.#deps
    const polls = runPollLoop(pollLoop, this.#polling.signal)
    this.#pollsEnded = Promise.allSettled([polls])
    return [
      polls,
      runHeartbeatLoop(heartbeatLoop, this.#contact.signal),
      delivery.run(this.#contact.signal),
      faults.run(this.#polling.signal),
    ]
  }

  /** Takes no more jobs, lets the running ones end, then ends, for a successor. */
  yield(): void {
    if (this.#isEnding) return
    this.#phase = 'yielding'
    this.#beginToEnd()
  }

  /** Takes no more jobs, lets the running ones end within the drain time, then stops. After `yield`, sets that limit. */
  drain(): void {
    if (this.#isStopping) return
    this.#isStopping = true
    const { notifier, clock, drainMs, cancelGraceMs } = this.#deps
    if (this.#phase !== 'stopping') this.#phase = 'draining'
    notifier.stopping(drainMs + cancelGraceMs + CANCEL_MARGIN_MS + FLUSH_MS + CLOSING_MS)
    void clock.sleep(drainMs, this.#ended.signal).then(() => this.#timeIsUp.abort())
    this.#beginToEnd()
  }

  /** Stops now: running jobs are canceled and handed back. After `drain`, cuts the waiting short. */
  cancel(): void {
    this.#timeIsUp.abort()
    this.drain()
  }

  #beginToEnd(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#polling.abort()
    this.#end()
      .finally(() => this.#ended.abort())
      .then(this.#stopped.resolve, this.#stopped.reject)
    this.#deps.heartbeatLoop.wakeUp.notify()
  }

  async #end(): Promise<void> {
    const { runner, activeJobs, engine, coordinator, logger, drainMs, cancelGraceMs } = this.#deps
    // An answer that was on its way may still bring a job: it is drained like the others.
    await this.#pollsEnded
    const idle = runner.whenIdle()
    const running = activeJobs.all().filter((job) => job.state === 'accepted' || job.state === 'running').length
    if (running > 0)
      logger.info('draining: no new jobs, waiting for the running ones', {
        jobs: running,
        limit_s: this.#isStopping ? drainMs / 1000 : undefined,
      })
    await Promise.race([idle, aborted(this.#timeIsUp.signal)])
    this.#phase = 'stopping'
    const left = activeJobs.all().filter((job) => job.state === 'accepted' || job.state === 'running')
    this.#handedBack = left.length
    if (left.length > 0) logger.warn('canceling jobs to stop: they are handed back', { jobs: left.length })
    activeJobs.cancelAll('E_SHUTDOWN', 'the miner stopped before the job was done')
    runner.abandonUnwritten()
    await this.#within(idle, cancelGraceMs + CANCEL_MARGIN_MS)
    await this.#flush()
    this.#contact.abort()
    await engine.stop()
    await coordinator.close()
  }

  /** Waits for the outbox to empty, but not long: the journal keeps what is left. */
  async #flush(): Promise<void> {
    const { journal, clock, logger } = this.#deps
    const untilMs = clock.monotonicMs() + FLUSH_MS
    const canDeliver = (): boolean => this.#deps.pollLoop.health.snapshot().isReachable !== false
    while (journal.counts().outbox > 0 && clock.monotonicMs() < untilMs && canDeliver()) {
      await clock.sleep(20, this.#contact.signal)
    }
    const { outbox } = journal.counts()
    if (outbox > 0) logger.warn('outcomes not delivered yet: the journal keeps them for the next start', { outbox })
  }

  async #within(work: Promise<unknown>, limitMs: number): Promise<void> {
    const done = new AbortController()
    await Promise.race([work, this.#deps.clock.sleep(limitMs, done.signal)])
    done.abort()
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}
