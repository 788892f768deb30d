import type { Capabilities, Coordinator, Heartbeat, HeartbeatAnswer } from '../domain/coordinator.ts'
import { CoordinatorFailure } from '../domain/coordinator-failure.ts'
import type { CrashPointHook } from '../domain/crash-points.ts'
import type { GpuReading } from '../domain/gpu.ts'
import type { Journal } from '../domain/journal.ts'
import type { Clock, Logger, Random } from '../domain/ports.ts'
import type { ActiveJobs } from './active-jobs.ts'
import { backoffMs } from './backoff.ts'
import type { CoordinatorHealth } from './coordinator-health.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import type { LocalFaults } from './local-faults.ts'
import type { LoopProgress } from './loop-progress.ts'
import type { PollGate } from './poll-gate.ts'
import type { ServerClock } from './server-clock.ts'
import type { Slots } from './slots.ts'
import { ToldCapabilities } from './told-capabilities.ts'
import type { WakeUp } from './wake-up.ts'

/** Even an operator's or coordinator's longest interval beats no slower than this while a beat fails. */
const FAILURE_BACKOFF = { baseMs: 1_000, capMs: 30_000 }

/** A beat that is not answered is given up no sooner than this to make another in time for the leases. */
const SHORTEST_BEAT_MS = 2_000

/** A coordinator that wishes for more heartbeats than this does not get them. */
const SOONEST_WISH_MS = 1_000

export interface HeartbeatLoopDeps {
  readonly coordinator: Coordinator
  readonly health: CoordinatorHealth
  readonly activeJobs: ActiveJobs
  readonly slots: Slots
  readonly gate: PollGate
  readonly serverClock: ServerClock
  readonly journal: Pick<Journal, 'renewLease'>
  readonly faults: Pick<LocalFaults, 'report'>
  readonly heartbeatMs: number
  /** A call to the coordinator takes no longer. */
  readonly requestTimeoutMs: number
  readonly progress: LoopProgress
  /** As they are now; they change with the GPUs and the models. */
  readonly capabilities: () => Capabilities
  /** What the GPUs are doing; never rejects. */
  readonly gpuReadings: (signal: AbortSignal) => Promise<readonly GpuReading[]>
  readonly status: () => Heartbeat['status']
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** To be notified when the status has changed or a job has come, whose lease may need a beat sooner. */
  readonly wakeUp: WakeUp
  /** Told what the coordinator wishes when it answers the registration. */
  readonly onRegistered: (wishes: { readonly pollWaitS: number | null }) => void
  readonly crashPoint?: CrashPointHook
}

/**
 * Registers once, then sends a heartbeat every interval, sooner when a lease would run out before. Each beat renews
 * the leases of the jobs that it lists and brings back what the coordinator wants: cancel these, take no more.
 */
export async function runHeartbeatLoop(deps: HeartbeatLoopDeps, signal: AbortSignal): Promise<void> {
  const { progress, requestTimeoutMs } = deps
  const leases = new LeaseKeeper(deps)
  const told = new ToldCapabilities(deps.capabilities)
  let failures = 0
  let intervalMs = deps.heartbeatMs
  let isRegistered = false
  let hasWarned = false
  while (!signal.aborted) {
    let pauseMs: number
    try {
      await progress.within(
        requestTimeoutMs,
        beat(deps, leases, told, { timeoutMs: beatTimeoutMs(deps, leases, failures), signal }),
      )
      deps.gate.open('no_contact_yet')
      if (!isRegistered) {
        const registration: Registration = await progress.within(requestTimeoutMs, register(deps, told, hasWarned, signal))
        intervalMs = Math.min(intervalMs, Math.max(registration.wishMs ?? intervalMs, SOONEST_WISH_MS))
        isRegistered = registration.isOver
        hasWarned = !isRegistered
      }
      failures = 0
      pauseMs = intervalMs
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof CoordinatorFailure)) throw error
      failures += 1
      deps.health.failed(error)
      // A coordinator that answers, if only with a refusal, may still have work.
      if (!error.isGeneral) deps.gate.open('no_contact_yet')
      pauseMs = Math.min(intervalMs, backoffMs(FAILURE_BACKOFF, failures, deps.random) + FAILURE_BACKOFF.baseMs)
      if (error.retryAfterMs !== null) pauseMs = Math.max(pauseMs, Math.min(error.retryAfterMs, 10 * 60_000))
    }
    await progress.within(pauseMs, untilNextBeat(deps, leases, { pauseMs, isRetry: failures > 0 }, signal))
  }
}

/** Waits for the next beat: the interval is over, a lease needs it, or the miner's status is another. */
async function untilNextBeat(
  deps: HeartbeatLoopDeps,
  leases: LeaseKeeper,
  pause: { readonly pauseMs: number; readonly isRetry: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { clock, status, wakeUp } = deps
  const toldStatus = status()
  const dueAtMs = clock.monotonicMs() + pause.pauseMs
  while (!signal.aborted && status() === toldStatus) {
    const renewalAtMs = pause.isRetry ? null : leases.nextRenewalAtMs()
    const leftMs = (renewalAtMs === null ? dueAtMs : Math.min(dueAtMs, renewalAtMs)) - clock.monotonicMs()
    if (leftMs <= 0) return
    await wakeUp.wait(leftMs, signal)
  }
}

/** With short leases a beat that nobody answers must not take the time that another one needs; each that fails has twice as long. */
function beatTimeoutMs({ requestTimeoutMs }: HeartbeatLoopDeps, leases: LeaseKeeper, failures: number): number {
  const renewalMs = leases.shortestRenewalMs()
  if (renewalMs === null) return requestTimeoutMs
  return Math.min(requestTimeoutMs, Math.max(renewalMs / 2, SHORTEST_BEAT_MS) * 2 ** Math.min(failures, 10))
}

interface BeatLimits {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

async function beat(deps: HeartbeatLoopDeps, leases: LeaseKeeper, told: ToldCapabilities, limits: BeatLimits): Promise<void> {
  const { timeoutMs, signal } = limits
  const { coordinator, activeJobs, slots, health, serverClock, gate, logger } = deps
  const gpus = await deps.gpuReadings(signal)
  signal.throwIfAborted()
  const listed = activeJobs.listed()
  const listedLeases = new Map(listed.map((job) => [job.entry.job.id, job.lease?.id ?? null]))
  const capabilities = told.news()
  const answer = await coordinator.heartbeat(
    {
      status: deps.status(),
      slots: { total: slots.total, busy: slots.busy },
      jobs: listed.map((job) => ({
        id: job.entry.job.id,
        leaseId: job.lease?.id ?? null,
        state: job.state,
        progress: job.progress === null || job.progress.total <= 0 ? null : Math.min(job.progress.done / job.progress.total, 1),
      })),
      gpus,
      capabilities,
    },
    signal,
    timeoutMs,
  )
  deps.crashPoint?.('heartbeat:answered')
  if (capabilities !== null) told.taken(capabilities)
  health.succeeded()
  serverClock.observe(answer.serverTimeMs)
  leases.renewed(listed, answer.leases)
  obeyCancel(answer, activeJobs, listedLeases)
  const wasAsked = gate.reasons.includes('coordinator_asked')
  if (answer.drain === wasAsked) return
  if (answer.drain) gate.shut('coordinator_asked')
  else gate.open('coordinator_asked')
  logger.info(answer.drain ? 'coordinator asks for no more jobs: polling stops' : 'coordinator has work again: polling goes on')
}

/**
 * A coordinator also cancels what it has taken back from this miner. When it has handed out the same job again while the
 * beat was on its way, that is about the lease which the beat listed, and the next answer will say whether more is meant.
 */
function obeyCancel(answer: HeartbeatAnswer, activeJobs: ActiveJobs, listedLeases: ReadonlyMap<string, string | null>): void {
  for (const id of answer.cancel) {
    const job = activeJobs.get(id)
    const listedLease = listedLeases.get(id)
    if (job === null || (listedLease !== undefined && listedLease !== (job.lease?.id ?? null))) continue
    job.cancel('E_CANCELED', 'canceled by the coordinator')
  }
}

interface Registration {
  /** False when it is to be tried again. */
  readonly isOver: boolean
  /** The interval of heartbeats that the coordinator wishes for. */
  readonly wishMs: number | null
}

/**
 * A coordinator that takes heartbeats has no need to be told the rest: a refusal is noted, and that is all. One that fails at it
 * is told again with the next beat, since jobs may depend on what it knows of this machine.
 */
async function register(
  deps: HeartbeatLoopDeps,
  told: ToldCapabilities,
  hasWarned: boolean,
  signal: AbortSignal,
): Promise<Registration> {
  const { current } = told
  try {
    const answer = await deps.coordinator.register(current, signal)
    told.taken(current)
    if (answer === null) return { isOver: true, wishMs: null }
    deps.serverClock.observe(answer.serverTimeMs)
    deps.onRegistered({ pollWaitS: answer.pollWaitS })
    return { isOver: true, wishMs: answer.heartbeatMs }
  } catch (error) {
    if (!(error instanceof CoordinatorFailure) || error.isGeneral) throw error
    const isRefusal = error.failureClass !== 'garbled' && (error.status === null || error.status < 500)
    if (isRefusal) deps.logger.warn('coordinator refuses the registration: going on without it', { error: error.message })
    else if (!hasWarned) {
      deps.logger.warn('coordinator fails at the registration: trying again with each heartbeat', { error: error.message })
    }
    return { isOver: isRefusal, wishMs: null }
  }
}
