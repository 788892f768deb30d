import type { CrashPointHook } from '../domain/crash-points.ts'
import type { Engine, RunResult } from '../domain/engine.ts'
import { AitbcError } from '../domain/errors.ts'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { JobFailure } from '../domain/failure-codes.ts'
import type { Journal, JournalEntry, OutboxEntry } from '../domain/journal.ts'
import type { Job } from '../domain/job.ts'
import type { JobMetrics, Outcome, ProofOfCompute } from '../domain/outcome.ts'
import type { Clock, Logger, WorkDirectories } from '../domain/ports.ts'
import { ActiveJob } from './active-jobs.ts'
import type { ActiveJobs } from './active-jobs.ts'
import type { EventRelay } from './event-relay.ts'
import { FAULT_RETRY_MS, isJournalWriteFailure } from './local-faults.ts'
import type { LocalFaults } from './local-faults.ts'
import { logOutcome } from './log-outcome.ts'
import { nameFailure } from './name-failure.ts'
import { strictestLimits } from './run-limits.ts'
import type { OperatorLimits } from './run-limits.ts'
import type { ServerClock } from './server-clock.ts'
import type { Slots } from './slots.ts'

/** How long the last streamed events of a job may hold up its proof. */
const LAST_EVENTS_MS = 2_000

/** What a proof of compute is made from. */
export interface Computed {
  readonly job: Job
  readonly result: RunResult
  readonly startedAt: string
  readonly finishedAt: string
}

export interface JobRunnerDeps {
  readonly journal: Journal
  readonly engine: Engine
  readonly workDirs: Pick<WorkDirectories, 'create' | 'remove'>
  readonly faults: Pick<LocalFaults, 'report' | 'examine'>
  readonly activeJobs: ActiveJobs
  readonly slots: Slots
  readonly events: EventRelay
  readonly serverClock: ServerClock
  readonly operatorLimits: OperatorLimits
  /** Signs what was computed. */
  readonly prove: (computed: Computed) => ProofOfCompute | null
  readonly clock: Clock
  readonly logger: Logger
  /** Takes each outcome once it stands in the journal. */
  readonly onOutcome: (entry: OutboxEntry) => void
  /** The journal itself failed in a way that is nobody's job's fault: the daemon must stop. */
  readonly onFatal: (error: unknown) => void
  readonly crashPoint?: CrashPointHook
}

interface Ended {
  readonly outcome: Outcome
  /** Signs a proof for the lease under which it is recorded. */
  readonly sign?: (job: Job) => ProofOfCompute | null
}

type Work = (active: ActiveJob, logger: Logger) => Promise<Ended>

/**
 * Runs accepted jobs, each in a slot, to an outcome in the journal. Nothing a job does ends the daemon:
 * whatever goes wrong becomes a failure with a code.
 */
export class JobRunner {
  readonly #deps: JobRunnerDeps
  readonly #running = new Set<Promise<void>>()
  readonly #abandon = new AbortController()

  constructor(deps: JobRunnerDeps) {
    this.#deps = deps
  }

  /** Starts the job and returns at once. */
  start(entry: JournalEntry): void {
    this.#launch(entry, (active, logger) => this.#attempt(active, logger, entry.recoveries === 0))
  }

  /** Ends the job with a failure without running it; returns at once. */
  handBack(entry: JournalEntry, failure: JobFailure): void {
    this.#launch(entry, async () => ({ outcome: { kind: 'failed', failure, metrics: {} } }))
  }

  /** Resolves when no job is left. */
  async whenIdle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  /** From here on an outcome that cannot be written is tried once more: else the next start takes the job up from the journal. */
  abandonUnwritten(): void {
    this.#abandon.abort()
  }

  #launch(entry: JournalEntry, work: Work): void {
    const { slots, activeJobs, clock } = this.#deps
    const job = new ActiveJob(entry, clock.monotonicMs())
    slots.take()
    activeJobs.add(job)
    const run = this.#run(job, work)
      .catch(this.#deps.onFatal)
      .finally(() => {
        slots.release()
        this.#running.delete(run)
      })
    this.#running.add(run)
  }

  async #run(active: ActiveJob, work: Work): Promise<void> {
    const { events, onOutcome } = this.#deps
    const { job } = active.entry
    const logger = this.#deps.logger.child({ job: job.id, workload: job.workload, attempt: job.attempt })
    const ended = await work(active, logger)
    logOutcome(logger, ended.outcome)
    // The client's last tokens go before the end of the job; a coordinator that is slow to take them holds it up briefly.
    await events.finish(job.id, LAST_EVENTS_MS)
    this.#deps.crashPoint?.('run:ended')
    const outboxEntry = await this.#record(active, ended, logger)
    if (outboxEntry !== null) {
      active.state = outboxEntry.outcome.kind === 'proved' ? 'proven' : 'failed'
      onOutcome(outboxEntry)
    }
    await this.#removeWorkDir(active, logger)
  }

  async #attempt(active: ActiveJob, logger: Logger, isFresh: boolean): Promise<Ended> {
    const { clock, prove } = this.#deps
    const startedMs = clock.nowMs()
    const runStart = clock.monotonicMs()
    const metrics = (): JobMetrics => ({
      queue_ms: round(runStart - active.acceptedMonotonicMs),
      run_ms: round(clock.monotonicMs() - runStart),
    })
    try {
      const result = await this.#runInEngine(active, isFresh)
      const times = { startedAt: new Date(startedMs).toISOString(), finishedAt: new Date(clock.nowMs()).toISOString() }
      const { job } = active.entry
      const poc = prove({ job, result, ...times })
      return {
        outcome: {
          kind: 'proved',
          mode: result.mode,
          output: result.output,
          metrics: { ...result.metrics, ...metrics() },
          ...times,
          poc,
        },
        sign: (held) => (isSameHold(held, job) ? poc : prove({ job: held, result, ...times })),
      }
    } catch (error) {
      return this.#failed(active, error, metrics(), logger)
    }
  }

  async #failed(active: ActiveJob, error: unknown, metrics: JobMetrics, logger: Logger): Promise<Ended> {
    await this.#removeWorkDir(active, logger)
    return { outcome: { kind: 'failed', failure: await nameFailure(error, { faults: this.#deps.faults, logger }), metrics } }
  }

  async #runInEngine(active: ActiveJob, isFresh: boolean): Promise<RunResult> {
    const { engine, workDirs, events, operatorLimits } = this.#deps
    const { seq, job } = active.entry
    active.signal.throwIfAborted()
    this.#markRunning(seq)
    active.state = 'running'
    const workDir = await workDirs.create(seq)
    this.#deps.crashPoint?.('run:prepared')
    return engine.run({
      job,
      workDir,
      limits: strictestLimits(job.limits, operatorLimits, this.#untilDeadlineMs(job, isFresh)),
      signal: active.signal,
      onProgress: (progress) => {
        if (progress.type === 'progress') active.progress = progress.data
        events.push(job.id, progress)
      },
    })
  }

  /**
   * A deadline that has passed when the job is handed out is by a clock that nobody told us of. To fail the job for it would
   * end it for good; to do it costs time at worst, and the coordinator says what the proof is worth.
   */
  #untilDeadlineMs({ deadline }: Job, isFresh: boolean): number | null {
    const untilMs = deadline === null ? null : this.#deps.serverClock.untilMs(deadline)
    return untilMs !== null && untilMs <= 0 && isFresh ? null : untilMs
  }

  #markRunning(seq: number): void {
    const { journal, clock, faults } = this.#deps
    try {
      journal.markRunning(seq, clock.nowMs())
    } catch (error) {
      // No need to waste the job: a restart does the same with an entry that is accepted.
      if (!isJournalWriteFailure(error)) throw error
      faults.report('journal', error)
    }
  }

  /**
   * Writes the outcome, again and again while the disk refuses: finished work is not thrown away, and the slot it
   * keeps busy holds back new jobs. Null when the daemon stops before it succeeds.
   */
  async #record(active: ActiveJob, { outcome, sign }: Ended, logger: Logger): Promise<OutboxEntry | null> {
    const { journal, clock, faults } = this.#deps
    for (;;) {
      try {
        return await journal.recordOutcome(active.entry.seq, outcome, clock.nowMs(), sign)
      } catch (error) {
        if (isOutputGone(error)) {
          const gone = new JobFailureError('E_ENGINE', 'the output was gone before it could be kept', { cause: error })
          const ended = await this.#failed(active, gone, outcome.metrics, logger)
          logOutcome(logger, ended.outcome)
          return this.#record(active, ended, logger)
        }
        if (!isJournalWriteFailure(error)) throw error
        faults.report('journal', error)
        if (this.#abandon.signal.aborted) {
          logger.warn('outcome not written: the next start runs the job again', { error: error.message })
          return null
        }
        await clock.sleep(FAULT_RETRY_MS, this.#abandon.signal)
      }
    }
  }

  async #removeWorkDir(active: ActiveJob, logger: Logger): Promise<void> {
    try {
      await this.#deps.workDirs.remove(active.entry.seq)
    } catch (error) {
      // Best effort: what is left goes at the next start.
      logger.warn('work directory not removed', { error: String(error) })
    }
  }
}

function isSameHold(a: Job, b: Job): boolean {
  return a.attempt === b.attempt && a.lease?.id === b.lease?.id
}

/** The journal found no output to keep where the engine had left it. */
function isOutputGone(error: unknown): boolean {
  return error instanceof AitbcError && error.code === 'AITBC_WORK_DIR'
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
