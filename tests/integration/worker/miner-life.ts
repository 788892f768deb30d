import { setImmediate } from 'node:timers/promises'
import type { Engine } from '../../../src/domain/engine.ts'
import type { Journal } from '../../../src/domain/journal.ts'
import type { Clock } from '../../../src/domain/ports.ts'
import { silentLogger } from '../../../src/platform/silent-logger.ts'
import { ActiveJob, ActiveJobs } from '../../../src/worker/active-jobs.ts'
import { CoordinatorHealth } from '../../../src/worker/coordinator-health.ts'
import { DeliveryLoop } from '../../../src/worker/delivery-loop.ts'
import { EventRelay } from '../../../src/worker/event-relay.ts'
import { JobRunner } from '../../../src/worker/job-runner.ts'
import { LoopProgress } from '../../../src/worker/loop-progress.ts'
import { PollGate } from '../../../src/worker/poll-gate.ts'
import { runPollLoop } from '../../../src/worker/poll-loop.ts'
import { recoverJobs } from '../../../src/worker/recovery.ts'
import { ServerClock } from '../../../src/worker/server-clock.ts'
import { Slots } from '../../../src/worker/slots.ts'
import { WakeUp } from '../../../src/worker/wake-up.ts'
import type { FakeCoordinator } from '../../support/fake-coordinator.ts'
import { RecordedFaults } from '../../support/recorded-faults.ts'

const MAX_RAN = { maxRuntimeS: 60, ramMb: null, vramMb: null, maxOutputBytes: 1_000 }

export interface LifeDeps {
  readonly coordinator: FakeCoordinator
  readonly engine: Engine
  readonly journal: Journal
  readonly clock: Clock
  /** Takes what must never happen. */
  readonly onFatal: (error: unknown) => void
}

/** Poll loop, runner and delivery loop of one process, wired as the daemon does it. */
export function startLife({ coordinator, engine, journal, clock, onFatal }: LifeDeps) {
  const logger = silentLogger()
  const stop = new AbortController()
  const activeJobs = new ActiveJobs()
  const slots = new Slots(2)
  const health = new CoordinatorHealth({ clock, logger })
  const faults = new RecordedFaults()
  const pollWakeUp = new WakeUp(clock)
  const shared = { coordinator, health, journal, faults, requestTimeoutMs: 30_000, clock, random: () => 1, logger }
  const delivery = new DeliveryLoop({
    ...shared,
    deadlineMs: 24 * 3_600_000,
    progress: new LoopProgress('delivery', clock),
    onSettled: (entry) => activeJobs.remove(entry.job.id, entry.seq),
  })
  const runner = new JobRunner({
    journal,
    engine,
    workDirs: { create: async () => '/nowhere', remove: async () => undefined },
    faults,
    activeJobs,
    slots,
    events: new EventRelay({ coordinator, clock, logger }),
    serverClock: new ServerClock(clock),
    operatorLimits: MAX_RAN,
    prove: ({ job }) => ({ publicKey: 'k', inputSha: 'i', envSha: 'e', signature: `${job.lease?.id} ${job.attempt}` }),
    clock,
    logger,
    onOutcome: (entry) => delivery.offer(entry),
    onFatal,
  })
  health.onRecovered(() => {
    pollWakeUp.notify()
    delivery.resume()
  })
  for (const entry of journal.due(Number.MAX_SAFE_INTEGER, 1000)) {
    activeJobs.add(new ActiveJob(entry, clock.monotonicMs(), entry.outcome.kind === 'proved' ? 'proven' : 'failed'))
  }
  recoverJobs({ journal, runner, clock, logger, onRecovered: () => undefined })
  const loops = [
    delivery.run(stop.signal),
    runPollLoop(
      {
        ...shared,
        activeJobs,
        runner,
        slots,
        gate: new PollGate([]),
        workloads: () => ['llm_gen'],
        pollMs: 3_000,
        pollWaitS: () => 0,
        progress: new LoopProgress('poll', clock),
        wakeUp: pollWakeUp,
        observe: { skipped: null, isLongPoll: null, warnedOf: null },
        onAccepted: () => undefined,
      },
      stop.signal,
    ),
  ].map((loop) => loop.catch(onFatal))
  return {
    activeJobs,
    slots,
    /** Ends the loops in good order. */
    stop: async (): Promise<void> => {
      stop.abort()
      await Promise.all(loops)
      await setImmediate()
    },
  }
}
