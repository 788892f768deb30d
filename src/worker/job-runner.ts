import type { Engine, RunResult } from '../domain/engine.ts'
import { AitbcError } from '../domain/errors.ts'
import { JobFailureError, jobFailure } from '../domain/failure-codes.ts'
import type { Journal, JournalEntry, OutboxEntry } from '../domain/journal.ts'
import type { Job } from '../domain/job.ts'
import type { JobMetrics, Outcome, ProofOfCompute } from '../domain/outcome.ts'
import type { Clock, Logger, WorkDirectories } from '../domain/ports.ts'
import { ActiveJob } from './active-jobs.ts'
import type { ActiveJobs } from './active-jobs.ts'
import type { EventRelay } from './event-relay.ts'
import { strictestLimits } from './run-limits.ts'
import type { OperatorLimits } from './run-limits.ts'
import type { ServerClock } from './server-clock.ts'
import type { Slots } from './slots.ts'

/** How long the last streamed events of a job may hold up its proof. */
const LAST_EVENTS_MS = 2_000
const JOURNAL_RETRY_MS = 5_000

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
  readonly workDirs: WorkDirectories
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
}

/**
 * Runs accepted jobs, each in a slot, to an outcome in the journal. Nothing a job does ends the daemon:
 * whatever goes wrong becomes a failure with a code.
 */
export class JobRunner {
  readonly #deps: JobRunnerDeps
  readonly #running = new Set<Promise<void>>()
  #isAbandoned = false

  constructor(deps: JobRunnerDeps) {
    this.#deps = deps
  }

  /** Starts the job and returns at once. */
  start(entry: JournalEntry): void {
    const { slots, activeJobs, clock } = this.#deps
    const job = new ActiveJob(entry, clock.monotonicMs())
    slots.take()
    activeJobs.add(job)
    const run = this.#run(job)
      .catch(this.#deps.onFatal)
      .finally(() => {
        slots.release()
        this.#running.delete(run)
      })
    this.#running.add(run)
  }

  /** Resolves when no job is left. */
  async whenIdle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  /** From here on an outcome that cannot be written is not tried again: the next start takes the job up from the journal. */
  abandonUnwritten(): void {
    this.#isAbandoned = true
  }

  async #run(active: ActiveJob): Promise<void> {
    const { events, onOutcome } = this.#deps
    const { seq, job } = active.entry
    const logger = this.#deps.logger.child({ job: job.id, workload: job.workload, attempt: job.attempt })
    const outcome = await this.#outcomeOf(active, logger)
    logOutcome(logger, outcome)
    // The client's last tokens go before the end of the job; a coordinator that is slow to take them holds it up briefly.
    await events.finish(job.id, LAST_EVENTS_MS)
    const outboxEntry = await this.#record(seq, outcome, logger)
    if (outboxEntry !== null) {
      active.state = outcome.kind === 'proved' ? 'proven' : 'failed'
      onOutcome(outboxEntry)
    }
    await this.#removeWorkDir(active, logger)
  }

  async #outcomeOf(active: ActiveJob, logger: Logger): Promise<Outcome> {
    const { clock, prove } = this.#deps
    const startedMs = clock.nowMs()
    const runStart = clock.monotonicMs()
    const metrics = (): JobMetrics => ({
      queue_ms: round(runStart - active.acceptedMonotonicMs),
      run_ms: round(clock.monotonicMs() - runStart),
    })
    try {
      const result = await this.#runInEngine(active)
      const startedAt = new Date(startedMs).toISOString()
      const finishedAt = new Date(clock.nowMs()).toISOString()
      return {
        kind: 'proved',
        mode: result.mode,
        output: result.output,
        metrics: { ...result.metrics, ...metrics() },
        startedAt,
        finishedAt,
        poc: prove({ job: active.entry.job, result, startedAt, finishedAt }),
      }
    } catch (error) {
      return { kind: 'failed', failure: failureOf(error, logger), metrics: metrics() }
    }
  }

  async #runInEngine(active: ActiveJob): Promise<RunResult> {
    const { journal, engine, workDirs, clock, events, serverClock, operatorLimits } = this.#deps
    const { seq, job } = active.entry
    active.signal.throwIfAborted()
    journal.markRunning(seq, clock.nowMs())
    active.state = 'running'
    const workDir = await workDirs.create(seq)
    return engine.run({
      job,
      workDir,
      limits: strictestLimits(job.limits, operatorLimits, job.deadline === null ? null : serverClock.untilMs(job.deadline)),
      signal: active.signal,
      onProgress: (progress) => {
        if (progress.type === 'progress') active.progress = progress.data
        events.push(job.id, progress)
      },
    })
  }

  /**
   * Writes the outcome, again and again while the disk refuses: finished work is not thrown away, and the slot it
   * keeps busy holds back new jobs. Null when the daemon stops before it succeeds.
   */
  async #record(seq: number, outcome: Outcome, logger: Logger): Promise<OutboxEntry | null> {
    const { journal, clock } = this.#deps
    for (;;) {
      try {
        return await journal.recordOutcome(seq, outcome, clock.nowMs())
      } catch (error) {
        if (!(error instanceof AitbcError) || error.code !== 'AITBC_JOURNAL_WRITE') throw error
        logger.error('outcome cannot be written: free disk space in STATE_DIR', { error: error.message })
        if (this.#isAbandoned) return null
        await clock.sleep(JOURNAL_RETRY_MS, new AbortController().signal)
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

function failureOf(error: unknown, logger: Logger): ReturnType<typeof jobFailure> {
  if (error instanceof JobFailureError) return error.failure
  if (error instanceof AitbcError && error.kind !== 'bug') {
    logger.error('job cannot run on this machine: mend what the error says', { code: error.code, error: error.message })
    return jobFailure('E_ENGINE', `the miner failed: ${error.message}`)
  }
  logger.error('job ended by an error of ours: please report it', {
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  })
  return jobFailure('E_ENGINE', `the miner failed: ${error instanceof Error ? error.message : String(error)}`)
}

function logOutcome(logger: Logger, outcome: Outcome): void {
  if (outcome.kind === 'proved') {
    logger.info('job done', {
      output_sha: outcome.output.sha256,
      bytes: outcome.output.sizeBytes,
      run_ms: outcome.metrics['run_ms'],
      tokens_per_s: roundIfThere(outcome.metrics['tokens_per_s']),
      gflops: roundIfThere(outcome.metrics['gflops']),
    })
    return
  }
  const attributes = { code: outcome.failure.code, reason: outcome.failure.message }
  if (outcome.failure.code === 'E_CANCELED') logger.info('job canceled', attributes)
  else logger.warn('job failed', attributes)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function roundIfThere(value: number | undefined): number | undefined {
  return value === undefined ? undefined : round(value)
}
