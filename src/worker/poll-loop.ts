import type { Coordinator, NextAnswer } from '../domain/coordinator.ts'
import { CoordinatorFailure } from '../domain/coordinator-failure.ts'
import type { CrashPointHook } from '../domain/crash-points.ts'
import { jobFailure } from '../domain/failure-codes.ts'
import type { JobFailure } from '../domain/failure-codes.ts'
import type { Job } from '../domain/job.ts'
import type { Journal } from '../domain/journal.ts'
import type { Clock, Logger, Random } from '../domain/ports.ts'
import type { ActiveJobs } from './active-jobs.ts'
import { backoffMs, COORDINATOR_BACKOFF } from './backoff.ts'
import type { CoordinatorHealth } from './coordinator-health.ts'
import type { JobRunner } from './job-runner.ts'
import { isJournalWriteFailure } from './local-faults.ts'
import type { LocalFaults } from './local-faults.ts'
import type { LoopProgress } from './loop-progress.ts'
import type { PollGate } from './poll-gate.ts'
import type { Slots } from './slots.ts'
import type { WakeUp } from './wake-up.ts'

/** An empty answer that came sooner than this was not held: the coordinator does not do long polls (or not now). */
const HELD_MS = 1_000
/** Requests for jobs under way at once, while jobs come. */
export const MAX_LANES = 4
/** A job that was canceled has so long to end before it is handed to us again in vain. */
const ENDING_MS = 10_000
/** Of a poll: for the job, and to refuse it. */
const CALLS_PER_POLL = 2

export interface PollLoopDeps {
  readonly coordinator: Coordinator
  readonly health: CoordinatorHealth
  readonly journal: Journal
  readonly activeJobs: ActiveJobs
  readonly runner: Pick<JobRunner, 'start'>
  readonly slots: Slots
  readonly gate: PollGate
  readonly faults: Pick<LocalFaults, 'report'>
  /** As they are now: an engine elsewhere may come and go. */
  readonly workloads: () => readonly string[]
  readonly pollMs: number
  readonly pollWaitS: () => number
  /** A call to the coordinator takes no longer, besides `pollWaitS`. */
  readonly requestTimeoutMs: number
  readonly progress: LoopProgress
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Cuts a pause short, e.g. when the coordinator is back. */
  readonly wakeUp: WakeUp
  readonly observe: PollObserver
  readonly onAccepted: () => void
  readonly crashPoint?: CrashPointHook
}

/** What `status` wants to know of the polling. */
export interface PollObserver {
  skipped: Readonly<Record<string, number>> | null
  isLongPoll: boolean | null
  /** The job last warned of: a coordinator that offers it for ever fills no log. */
  warnedOf: string | null
}

/**
 * Whenever a slot is free and the gate is open, asks for the next job, writes it into the journal and starts it. While
 * jobs come, asks for several at once, so that a distant coordinator does not leave slots empty; else one request waits.
 * Runs until the signal aborts; a request under way is then dropped, and the lease of a job lost with it runs out.
 */
export async function runPollLoop(deps: PollLoopDeps, signal: AbortSignal): Promise<void> {
  const { clock, gate, slots, health, pollMs, progress } = deps
  let failures = 0
  let jobsCome = false
  while (!signal.aborted) {
    await gate.whenOpen(signal)
    await slots.whenFree(signal)
    if (signal.aborted) return
    // It may have shut while every slot was busy.
    if (!gate.isOpen) continue
    const lanes: number = jobsCome ? Math.min(slots.free, MAX_LANES) : 1
    const askedAtMs = clock.monotonicMs()
    const requests = gate.pollSignal(signal)
    const waitS = lanes > 1 ? 0 : deps.pollWaitS()
    const polls = await progress.within(
      waitS * 1000 + CALLS_PER_POLL * deps.requestTimeoutMs,
      Promise.allSettled(Array.from({ length: lanes }, () => pollOnce(deps, waitS, signal))),
    )
    if (signal.aborted) return
    const failure = worstOf(polls)
    // Broken off because this machine failed: no failure of the coordinator.
    if (requests.aborted) continue
    const results = polls.map((poll) => (poll.status === 'fulfilled' ? poll.value : null))
    jobsCome = failure === null && results.includes('job')
    let pauseMs = 0
    if (failure !== null) {
      failures += 1
      health.failed(failure)
      pauseMs = Math.max(pollMs, backoffMs(COORDINATOR_BACKOFF, failures, deps.random, failure.retryAfterMs))
    } else {
      failures = 0
      // Several lanes without a job between them: one more request, which may wait, decides.
      if (lanes === 1 && results[0] === 'nothing') pauseMs = pollMs - (clock.monotonicMs() - askedAtMs)
    }
    if (pauseMs > 0) await progress.within(pauseMs, deps.wakeUp.wait(pauseMs, signal))
  }
}

/** The failure of a round, if it had one: the one that asks for the longest wait. Whatever is no failed call is thrown on. */
function worstOf(polls: readonly PromiseSettledResult<Polled>[]): CoordinatorFailure | null {
  let worst: CoordinatorFailure | null = null
  for (const poll of polls) {
    if (poll.status === 'fulfilled') continue
    if (!(poll.reason instanceof CoordinatorFailure)) throw poll.reason
    if (worst === null || (poll.reason.retryAfterMs ?? 0) > (worst.retryAfterMs ?? 0)) worst = poll.reason
  }
  return worst
}

/** held: there was no job, and the coordinator took its time to say so; nothing: none that could be taken, said at once. */
type Polled = 'job' | 'held' | 'nothing'

async function pollOnce(deps: PollLoopDeps, waitS: number, signal: AbortSignal): Promise<Polled> {
  const { coordinator, clock, slots, workloads, observe } = deps
  const offered = workloads()
  // To ask without a name is to ask for all.
  if (offered.length === 0) return 'nothing'
  const askedAtMs = clock.monotonicMs()
  const answer = await coordinator.next({ slots: slots.free, waitS, workloads: offered }, deps.gate.pollSignal(signal))
  deps.health.succeeded()
  switch (answer.kind) {
    case 'job':
      deps.crashPoint?.('poll:answered')
      observe.skipped = null
      return (await acceptJob(deps, answer.job, signal)) ? 'job' : 'nothing'
    case 'none': {
      const wasHeld = clock.monotonicMs() - askedAtMs >= HELD_MS
      observe.skipped = answer.skipped
      if (waitS > 0) observe.isLongPoll = wasHeld
      return waitS > 0 && wasHeld ? 'held' : 'nothing'
    }
    case 'malformed':
      await refuseMalformed(deps, answer, signal)
      return 'nothing'
    default:
      return answer satisfies never
  }
}

/** True when the job was taken; false when it is known already or could not be written down. */
async function acceptJob(deps: PollLoopDeps, job: Job, signal: AbortSignal): Promise<boolean> {
  const { journal, clock, runner } = deps
  const logger = deps.logger.child({ job: job.id, workload: job.workload, attempt: job.attempt })
  if (!(await whenEnded(deps, job.id, signal))) {
    logger.warn('job offered again: it is still being canceled', { lease: job.lease?.id })
    return false
  }
  if (signal.aborted) return false
  let result
  try {
    result = journal.accept(job, clock.nowMs())
  } catch (error) {
    if (!isJournalWriteFailure(error)) throw error
    deps.faults.report('journal', error)
    logger.warn('job handed back: the journal cannot be written')
    await refuse(
      deps,
      job.id,
      job.lease?.id ?? null,
      jobFailure('E_SHUTDOWN', 'this miner cannot record jobs at present'),
      signal,
    )
    return false
  }
  if (result.kind === 'known') {
    const level = firstTime(deps, job.id) ? 'warn' : 'debug'
    if (result.isSameWork) {
      deps.activeJobs.get(job.id)?.adopt(result.entry.job)
      logger[level]('job offered again: it is in the journal already', { state: result.entry.state })
    } else {
      logger[level]('job offered again with other contents under the same id: the first stands', { state: result.entry.state })
    }
    return false
  }
  logger.info('job accepted', { reward: job.reward?.amount, unit: job.reward?.unit })
  runner.start(result.entry)
  deps.onAccepted()
  return true
}

/**
 * A job whose lease was lost may come back before its engine has let go of it: taken then, it would be reported as canceled
 * under the new lease. True when no canceled job with this id is left.
 */
async function whenEnded({ activeJobs, clock }: PollLoopDeps, id: string, signal: AbortSignal): Promise<boolean> {
  const isEnding = (): boolean => activeJobs.get(id)?.signal.aborted === true
  if (!isEnding()) return true
  const over = new AbortController()
  const limit = AbortSignal.any([signal, over.signal])
  await Promise.race([activeJobs.whenGone(id, limit), clock.sleep(ENDING_MS, limit)])
  over.abort()
  return !isEnding()
}

function firstTime({ observe }: PollLoopDeps, id: string | null): boolean {
  const isFirst = observe.warnedOf !== (id ?? '')
  observe.warnedOf = id ?? ''
  return isFirst
}

async function refuseMalformed(
  deps: PollLoopDeps,
  answer: NextAnswer & { kind: 'malformed' },
  signal: AbortSignal,
): Promise<void> {
  const isFirst = firstTime(deps, answer.id)
  const facts = { job: answer.id, code: answer.failure.code, reason: answer.failure.message }
  if (answer.failure.code === 'E_DENY')
    deps.logger[isFirst ? 'error' : 'debug'](
      'job refused: it brings the API key of this miner; have the key changed if a client may know it',
      facts,
    )
  else deps.logger[isFirst ? 'warn' : 'debug']('job refused: it does not fit the API', facts)
  // A job that it holds came in order before: to refuse the broken copy would end the work.
  if (answer.id !== null && deps.activeJobs.get(answer.id) === null) {
    await refuse(deps, answer.id, answer.leaseId, answer.failure, signal)
  }
}

async function refuse(
  deps: PollLoopDeps,
  id: string,
  leaseId: string | null,
  failure: JobFailure,
  signal: AbortSignal,
): Promise<void> {
  try {
    await deps.coordinator.refuse(id, leaseId, failure, signal)
  } catch (error) {
    // Best effort: without it the lease runs out by itself.
    deps.logger.debug('refusal not delivered', { job: id, error: String(error) })
  }
}
