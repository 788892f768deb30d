import { createHash } from 'node:crypto'
import type { MinerConfig } from '../config/miner-config.ts'
import { HttpCoordinator } from '../coordinator/http-coordinator.ts'
import type { Capabilities } from '../domain/coordinator.ts'
import type { CrashPointHook } from '../domain/crash-points.ts'
import type { OutboxEntry } from '../domain/journal.ts'
import type { MinerStatus } from '../domain/miner-status.ts'
import type { Clock, Logger, ServiceNotifier } from '../domain/ports.ts'
import { probeHardware } from '../hardware/probe-hardware.ts'
import { SqliteJournal } from '../journal/sqlite-journal.ts'
import { checkDescriptors } from '../platform/check-descriptors.ts'
import { DiskWorkDirectories } from '../platform/disk-work-directories.ts'
import { NodeIdentity } from '../proof/node-identity.ts'
import { signProofOfCompute } from '../proof/sign-proof-of-compute.ts'
import { ActiveJob, ActiveJobs, MAX_LISTED_JOBS } from '../worker/active-jobs.ts'
import { CoordinatorHealth } from '../worker/coordinator-health.ts'
import { DeliveryLoop, MAX_DELIVERIES } from '../worker/delivery-loop.ts'
import { EventRelay, MAX_EVENT_REQUESTS } from '../worker/event-relay.ts'
import { JobRunner } from '../worker/job-runner.ts'
import { LocalFaults } from '../worker/local-faults.ts'
import { LoopProgress } from '../worker/loop-progress.ts'
import { OutboxLimit } from '../worker/outbox-limit.ts'
import { PollGate } from '../worker/poll-gate.ts'
import { MAX_LANES } from '../worker/poll-loop.ts'
import type { PollObserver } from '../worker/poll-loop.ts'
import { ServerClock } from '../worker/server-clock.ts'
import { Slots } from '../worker/slots.ts'
import { WakeUp } from '../worker/wake-up.ts'
import { startHousekeeping } from './housekeeping.ts'
import { logSettlement } from './log-settlement.ts'
import { Lifecycle } from './lifecycle.ts'
import type { MinerTotals } from './miner-totals.ts'
import { offeredCapabilities } from './offered-capabilities.ts'
import { openEngines } from './open-engines.ts'
import { openMachine } from './open-machine.ts'
import { openModelStore } from './open-model-store.ts'
import { reportStatus } from './status-report.ts'

export interface BuildMinerDeps {
  readonly config: MinerConfig
  readonly version: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly logger: Logger
  readonly notifier: ServiceNotifier
  /** Outlive this miner where one with other settings takes its place. */
  readonly startedAt: string
  readonly totals: MinerTotals
  readonly crashPoint: CrashPointHook
}

export interface Miner {
  readonly lifecycle: Lifecycle
  status(): MinerStatus
  /** For the watchdog. */
  readonly loops: readonly LoopProgress[]
  [Symbol.asyncDispose](): Promise<void>
}

/** One for each call that may be under way, and for the heartbeat: none waits until another, which may hang, is over. */
const CONNECTIONS = MAX_LANES + MAX_DELIVERIES + MAX_EVENT_REQUESTS + 1

/**
 * Puts the miner together, from the disk outwards; the only place that knows which implementation stands behind a port.
 * Nothing runs yet. What was opened is closed by the returned miner's disposer, or at once when a later step fails.
 */
export async function buildMiner(deps: BuildMinerDeps): Promise<Miner> {
  const opened = new AsyncDisposableStack()
  try {
    return await assemble(opened, deps)
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
}

async function assemble(opened: AsyncDisposableStack, deps: BuildMinerDeps): Promise<Miner> {
  const { config, version, clock, logger, notifier, startedAt, totals, crashPoint } = deps
  const random = Math.random

  // The machine and the disk.
  const machine = opened.adopt(await openMachine(deps), (open) => open.close())
  const { gpus } = machine
  const identity = NodeIdentity.load(config.stateDir)
  const journal = opened.adopt(SqliteJournal.open({ stateDir: config.stateDir, crashPoint }), (open) => open.close())
  opened.defer(startHousekeeping({ journal, clock, logger }))
  const workDirs = opened.adopt(new DiskWorkDirectories({ root: config.workDir, scope: scopeOf(config.stateDir) }), (open) =>
    open.close(),
  )
  await workDirs.open()

  // The engines.
  const store = await openModelStore(deps)
  const engines = await openEngines({ ...deps, machine, store, workRoot: workDirs.scope, random })
  const engine = opened.adopt(engines.engine, (running) => running.stop())

  // The coordinator.
  const hasGpu = (): boolean => engines.hasServerGpu || gpus.usable().length > 0
  const sender = {
    minerId: config.minerId,
    wallet: config.wallet,
    get mode(): 'gpu' | 'cpu' {
      return hasGpu() ? 'gpu' : 'cpu'
    },
    get hasGpu(): boolean {
      return hasGpu()
    },
  }
  const transport = {
    baseUrl: config.coordUrl,
    apiKey: config.apiKey,
    certificates: config.coordCertificates,
    timeoutMs: config.requestTimeoutMs,
    maxConnections: CONNECTIONS,
    userAgent: `aitbc-miner/${version}`,
  }
  const coordinator = new HttpCoordinator({ transport, sender, clock, logger, crashPoint })
  const health = new CoordinatorHealth({ clock, logger })
  const serverClock = new ServerClock(clock)

  // The work.
  const slots = new Slots(engines.concurrency)
  const activeJobs = new ActiveJobs()
  const gate = new PollGate(['no_contact_yet'])
  const pollWakeUp = new WakeUp(clock)
  const heartbeatWakeUp = new WakeUp(clock)
  const faults = new LocalFaults({
    gate,
    probes: { 'file descriptors': checkDescriptors, 'work folder': () => workDirs.check(), journal: () => journal.check() },
    clock,
    logger,
    onChange: () => heartbeatWakeUp.notify(),
  })
  const progress = {
    poll: new LoopProgress('poll', clock),
    heartbeat: new LoopProgress('heartbeat', clock),
    delivery: new LoopProgress('delivery', clock),
  }
  const polls: PollObserver = { skipped: null, isLongPoll: null, warnedOf: null }
  const outboxLimit = new OutboxLimit({ journal, gate, slots: slots.total, logger })
  let pollWaitS = config.pollWaitS
  const delivery = new DeliveryLoop({
    coordinator,
    health,
    journal,
    faults,
    deadlineMs: config.deliveryDeadlineMs,
    requestTimeoutMs: config.requestTimeoutMs,
    progress: progress.delivery,
    clock,
    random,
    logger,
    onSettled: (entry, settlement) => {
      activeJobs.remove(entry.job.id, entry.seq)
      totals.countSettlement(settlement)
      outboxLimit.check()
      logSettlement(logger, entry, settlement)
    },
    crashPoint,
  })
  const runner = new JobRunner({
    journal,
    engine,
    workDirs,
    faults,
    activeJobs,
    slots,
    events: new EventRelay({ coordinator, clock, logger }),
    serverClock,
    operatorLimits: {
      maxRuntimeS: config.maxRuntimeS,
      ramMb: config.maxRamMb,
      vramMb: config.maxVramMb,
      maxOutputBytes: config.maxOutputBytes,
    },
    prove: ({ job, result, startedAt: started, finishedAt }) =>
      signProofOfCompute(identity, {
        job,
        outputSha: result.output.sha256,
        environment: result.environment,
        startedAt: started,
        finishedAt,
      }),
    clock,
    logger,
    onOutcome: (entry) => {
      totals.countOutcome(entry.outcome)
      outboxLimit.check()
      delivery.offer(entry)
    },
    onFatal: (error) => lifecycle.fail(error),
    crashPoint,
  })
  health.onRecovered(() => {
    pollWakeUp.notify()
    delivery.resume()
  })
  for (const entry of journal.due(Number.MAX_SAFE_INTEGER, MAX_LISTED_JOBS)) activeJobs.add(waitingJob(entry, clock))
  outboxLimit.check()

  const capabilities = (): Capabilities =>
    offeredCapabilities({
      config,
      version,
      publicKey: identity.publicKey,
      hardware: probeHardware(),
      gpus,
      workloads: () => engine.workloads,
      hasGpu,
      concurrency: engines.concurrency,
      models: () => engines.models(),
    })
  const lifecycle: Lifecycle = new Lifecycle({
    isConfigured: config.notConfigured.length === 0,
    journal,
    engine,
    coordinator,
    runner,
    activeJobs,
    delivery,
    faults,
    pollLoop: {
      coordinator,
      health,
      journal,
      activeJobs,
      runner,
      slots,
      gate,
      faults,
      workloads: () => engine.workloads,
      pollMs: config.jobPollMs,
      pollWaitS: () => pollWaitS,
      requestTimeoutMs: config.requestTimeoutMs,
      progress: progress.poll,
      clock,
      random,
      logger,
      wakeUp: pollWakeUp,
      observe: polls,
      onAccepted: () => {
        totals.countAccepted()
        heartbeatWakeUp.notify()
      },
      crashPoint,
    },
    heartbeatLoop: {
      coordinator,
      health,
      activeJobs,
      slots,
      gate,
      serverClock,
      journal,
      faults,
      heartbeatMs: config.heartbeatMs,
      requestTimeoutMs: config.requestTimeoutMs,
      progress: progress.heartbeat,
      capabilities,
      gpuReadings: (signal) => gpus.readings(signal),
      status: () =>
        lifecycle.phase === 'draining' || lifecycle.phase === 'stopping'
          ? 'draining'
          : gate.reasons.includes('local_fault') || gate.reasons.includes('outbox_full')
            ? 'paused'
            : 'online',
      clock,
      random,
      logger,
      wakeUp: heartbeatWakeUp,
      onRegistered: (wishes) => {
        if (wishes.pollWaitS !== null) pollWaitS = Math.min(pollWaitS, wishes.pollWaitS)
      },
      crashPoint,
    },
    notifier,
    drainMs: config.drainMs,
    cancelGraceMs: config.cancelGraceMs,
    clock,
    logger,
  })

  const facts = {
    version,
    pid: process.pid,
    startedAt,
    minerId: config.minerId,
    wallet: config.wallet,
    coordUrl: config.coordUrl.href,
  }
  return {
    lifecycle,
    loops: Object.values(progress),
    status: () =>
      reportStatus({
        facts: { ...facts, mode: sender.mode },
        phase: () => lifecycle.phase,
        configFile: config.configFile,
        notConfigured: config.notConfigured,
        health,
        gate,
        faults,
        delivery,
        slots,
        activeJobs,
        journal,
        engine,
        gpus: gpus.statuses(),
        polls,
        totals,
        clock,
      }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** Two miners may share WORK_DIR, but never STATE_DIR: so the latter names this one's part of the former. */
function scopeOf(stateDir: string): string {
  return createHash('sha256').update(stateDir).digest('hex').slice(0, 16)
}

function waitingJob(entry: OutboxEntry, clock: Clock): ActiveJob {
  const { seq, job, outcome } = entry
  return new ActiveJob({ seq, job }, clock.monotonicMs(), outcome.kind === 'proved' ? 'proven' : 'failed')
}
