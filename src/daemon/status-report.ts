import type { Engine } from '../domain/engine.ts'
import type { Journal, JournalEntry } from '../domain/journal.ts'
import type { GpuStatus, MinerStatus, OutboxStatus, RecentJobStatus, RunningJobStatus } from '../domain/miner-status.ts'
import type { Clock } from '../domain/ports.ts'
import type { ActiveJob, ActiveJobs } from '../worker/active-jobs.ts'
import type { CoordinatorHealth, CoordinatorHealthSnapshot } from '../worker/coordinator-health.ts'
import type { DeliverySnapshot } from '../worker/delivery-loop.ts'
import type { LocalFaults } from '../worker/local-faults.ts'
import type { PollGate } from '../worker/poll-gate.ts'
import type { PollObserver } from '../worker/poll-loop.ts'
import type { Slots } from '../worker/slots.ts'
import type { LifecyclePhase } from './lifecycle.ts'
import type { MinerTotals } from './miner-totals.ts'

const RECENT_JOBS = 10

export interface StatusReportDeps {
  readonly facts: Pick<MinerStatus, 'version' | 'pid' | 'startedAt' | 'minerId' | 'wallet' | 'mode'> & {
    readonly coordUrl: string
  }
  readonly phase: () => LifecyclePhase
  readonly configFile: string
  /** Keys that still hold a placeholder. */
  readonly notConfigured: readonly string[]
  readonly health: CoordinatorHealth
  readonly gate: PollGate
  readonly faults: Pick<LocalFaults, 'reason'>
  readonly delivery: { snapshot(): DeliverySnapshot }
  readonly slots: Slots
  readonly activeJobs: ActiveJobs
  readonly journal: Journal
  readonly engine: Engine
  readonly gpus: readonly GpuStatus[]
  readonly polls: PollObserver
  readonly totals: MinerTotals
  readonly clock: Clock
}

/** Puts together what `aitbc-miner status` shows; reads, and changes nothing. */
export function reportStatus(deps: StatusReportDeps): MinerStatus {
  const { health, slots, engine, polls, totals, clock, journal } = deps
  const { coordUrl, ...facts } = deps.facts
  const contact = health.snapshot()
  const running = deps.activeJobs.all().filter((job) => job.state === 'accepted' || job.state === 'running')
  return {
    ...facts,
    ...stateOf(deps, contact),
    slots: { total: slots.total, busy: slots.busy },
    jobs: running.map((job) => runningJob(job, clock)),
    outbox: outboxOf(journal, deps.delivery.snapshot(), clock.nowMs()),
    coordinator: {
      url: coordUrl,
      reachable: contact.isReachable,
      lastContactAt: contact.lastContactMs === null ? null : new Date(contact.lastContactMs).toISOString(),
      lastError: contact.lastError,
      longPoll: polls.isLongPoll,
      skipped: polls.skipped,
      balance: totals.balance,
    },
    engines: engine.status(),
    gpus: deps.gpus,
    totals: {
      accepted: totals.accepted,
      proved: totals.proved,
      failed: totals.failed,
      credited: totals.credited,
      dropped: totals.dropped,
    },
    recent: journal.recent(RECENT_JOBS).map(recentJob),
  }
}

function stateOf(deps: StatusReportDeps, contact: CoordinatorHealthSnapshot): Pick<MinerStatus, 'state' | 'stateReason'> {
  const phase = deps.phase()
  if (phase === 'draining') return { state: 'draining', stateReason: 'running jobs may finish, no new ones are taken' }
  if (phase === 'yielding') {
    return { state: 'draining', stateReason: 'new settings take effect when the running jobs have ended; no new ones are taken' }
  }
  if (phase === 'stopping') return { state: 'stopping', stateReason: null }
  if (deps.notConfigured.length > 0) {
    return {
      state: 'waiting',
      stateReason: `not configured: set ${deps.notConfigured.join(', ')} in ${deps.configFile}, then reload or restart the miner`,
    }
  }
  if (deps.faults.reason !== null) return { state: 'waiting', stateReason: deps.faults.reason }
  if (contact.keyAdvice !== null)
    return { state: 'waiting', stateReason: `the coordinator refuses the API key: ${contact.keyAdvice}` }
  if (contact.isReachable === false) return { state: 'waiting', stateReason: contact.lastError }
  if (contact.isReachable === null) return { state: 'starting', stateReason: null }
  if (deps.gate.reasons.includes('coordinator_asked')) {
    return { state: 'waiting', stateReason: 'the coordinator asks for no more jobs for now' }
  }
  if (deps.gate.reasons.includes('outbox_full')) {
    return {
      state: 'waiting',
      stateReason: 'too many results wait for the coordinator to take them; no more jobs are taken until then',
    }
  }
  return { state: 'online', stateReason: null }
}

function runningJob(active: ActiveJob, clock: Clock): RunningJobStatus {
  const { job } = active.entry
  const heldMs = clock.monotonicMs() - active.acceptedMonotonicMs
  return {
    id: job.id,
    workload: job.workload,
    state: active.state,
    attempt: job.attempt,
    startedAt: new Date(clock.nowMs() - heldMs).toISOString(),
    progress: active.progress,
  }
}

function outboxOf(journal: Journal, { pausedMs, lastError }: DeliverySnapshot, nowMs: number): OutboxStatus {
  const { outbox } = journal.counts()
  if (outbox === 0) return { waiting: 0, oldestAgeS: null, nextTryInS: null, lastError: null }
  const [oldest] = journal.due(Number.MAX_SAFE_INTEGER, 1, 'oldest')
  const nextMs = journal.nextDueAtMs()
  return {
    waiting: outbox,
    oldestAgeS: oldest === undefined ? null : Math.max(Math.round((nowMs - oldest.createdAtMs) / 1000), 0),
    nextTryInS: nextMs === null ? null : Math.max(Math.round(Math.max(nextMs - nowMs, pausedMs) / 1000), 0),
    lastError,
  }
}

function recentJob(entry: JournalEntry): RecentJobStatus {
  return { id: entry.job.id, workload: entry.job.workload, state: entry.state, result: resultOf(entry), at: entry.updatedAt }
}

function resultOf({ state, settlement, failureCode }: JournalEntry): string {
  switch (settlement?.kind) {
    case 'credited':
      return settlement.reward === null ? 'credited' : `credited ${settlement.reward} ${settlement.unit ?? ''}`.trimEnd()
    case 'reported':
      return failureCode === null ? 'failure reported' : `failed: ${failureCode}`
    case 'dropped':
      return failureCode === null ? `dropped: ${settlement.reason}` : `failed: ${failureCode}, ${settlement.reason}`
    case undefined:
      return state === 'proven' || state === 'failed' ? 'waits for the coordinator' : state
    default:
      return settlement satisfies never
  }
}
