import { describe, expect, it, onTestFinished } from 'vitest'
import type { NextAnswer } from '../../../src/domain/coordinator.ts'
import { jobFailure } from '../../../src/domain/failure-codes.ts'
import type { JournalEntry } from '../../../src/domain/journal.ts'
import type { Lease } from '../../../src/domain/job.ts'
import { SqliteJournal } from '../../../src/journal/sqlite-journal.ts'
import { ActiveJob, ActiveJobs } from '../../../src/worker/active-jobs.ts'
import { CoordinatorHealth } from '../../../src/worker/coordinator-health.ts'
import { LoopProgress } from '../../../src/worker/loop-progress.ts'
import { PollGate } from '../../../src/worker/poll-gate.ts'
import { runPollLoop } from '../../../src/worker/poll-loop.ts'
import type { PollObserver } from '../../../src/worker/poll-loop.ts'
import { Slots } from '../../../src/worker/slots.ts'
import { WakeUp } from '../../../src/worker/wake-up.ts'
import { diskFull, RecordedFaults } from '../../support/recorded-faults.ts'
import { eventually } from '../../support/eventually.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { failing, FakeCoordinator } from '../../support/fake-coordinator.ts'
import { coreJob, sampleFailure } from '../../support/sample-jobs.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { tempDir } from '../../support/temp-dir.ts'

const POLL_MS = 3_000

const lease = (id: string): Lease => ({ id, expiresAt: '2026-01-01T01:00:00.000Z' })

function setUp(options: { slots?: number; pollWaitS?: number } = {}) {
  const clock = new FakeClock()
  const logger = new RecordingLogger()
  const coordinator = new FakeCoordinator()
  const journal = SqliteJournal.open({ stateDir: tempDir() })
  const health = new CoordinatorHealth({ clock, logger })
  const slots = new Slots(options.slots ?? 1)
  const gate = new PollGate([])
  const faults = new RecordedFaults()
  const started: JournalEntry[] = []
  const activeJobs = new ActiveJobs()
  const observe: PollObserver = { skipped: null, isLongPoll: null, warnedOf: null }
  const stop = new AbortController()
  const progress = new LoopProgress('poll', clock)
  const run = (): Promise<void> => {
    const running = runPollLoop(
      {
        coordinator,
        health,
        journal,
        activeJobs,
        runner: {
          start: (entry) => {
            slots.take()
            started.push(entry)
          },
        },
        slots,
        gate,
        faults,
        workloads: () => ['torch_bench'],
        pollMs: POLL_MS,
        pollWaitS: () => options.pollWaitS ?? 0,
        requestTimeoutMs: 30_000,
        progress,
        clock,
        random: () => 1,
        logger,
        wakeUp: new WakeUp(clock),
        observe,
        onAccepted: () => {},
      },
      stop.signal,
    )
    onTestFinished(async () => {
      stop.abort()
      await running
      journal.close()
    })
    return running
  }
  return { activeJobs, clock, logger, coordinator, journal, health, slots, gate, faults, started, observe, progress, stop, run }
}

/** A loop that holds a job whose cancel, since its lease was lost, is under way, and to which the same job is offered under a new lease. */
async function canceledAndOfferedAgain() {
  const loop = setUp({ slots: 2 })
  const { coordinator, clock, journal, activeJobs } = loop
  const old = new ActiveJob(journal.accept(coreJob('a', { lease: lease('L1') }), clock.nowMs()).entry, clock.monotonicMs())
  activeJobs.add(old)
  old.cancel('E_CANCELED', 'the lease was lost')
  coordinator.onNext = () => ({ kind: 'job', job: coreJob('a', { lease: lease('L2'), attempt: 2 }) })
  void loop.run()
  await eventually('offered again', () => coordinator.queries.length === 1)
  return { ...loop, old }
}

describe('runPollLoop', () => {
  it('is overdue when a request for jobs never ends, and not while it waits for a free slot', async () => {
    const { clock, coordinator, slots, progress, run } = setUp({ pollWaitS: 20 })
    slots.take()
    void run()
    await clock.advance(3_600_000)
    expect(progress.overdueMs).toBe(0)
    const answer = Promise.withResolvers<NextAnswer>()
    onTestFinished(() => answer.resolve({ kind: 'none', skipped: {} }))
    coordinator.onNext = () => answer.promise
    slots.release()
    await eventually('asked', () => coordinator.queries.length === 1)
    await clock.advance(20_000 + 2 * 30_000 + 60_000)
    expect(progress.overdueMs).toBe(0)
    await clock.advance(1_000)
    expect(progress.overdueMs).toBe(1_000)
  })

  it('writes a job into the journal before it starts it', async () => {
    const { coordinator, journal, started, run } = setUp()
    coordinator.onNext = () => ({ kind: 'job', job: coreJob('a') })
    void run()
    await eventually('started', () => started.length === 1)
    expect(journal.recent(1)[0]).toMatchObject({ seq: started[0]?.seq, state: 'accepted', job: { id: 'a' } })
  })

  it('asks for no job while every slot is busy, and tells how many are free', async () => {
    const { coordinator, slots, started, run, clock } = setUp({ slots: 2 })
    let jobs = 0
    coordinator.onNext = () => {
      jobs += 1
      return { kind: 'job', job: coreJob(`job_${jobs}`) }
    }
    void run()
    await eventually('full', () => started.length === 2)
    await clock.advance(60_000)
    expect(coordinator.queries.map((query) => query.slots)).toEqual([2, 1])
    slots.release()
    await eventually('one more', () => started.length === 3)
  })

  it('asks for several jobs at once while jobs come, never for more than there are slots', async () => {
    const { coordinator, slots, started, run } = setUp({ slots: 6, pollWaitS: 20 })
    let underWay = 0
    let most = 0
    let jobs = 0
    coordinator.onNext = async () => {
      underWay += 1
      most = Math.max(most, underWay)
      await new Promise((resolve) => setImmediate(resolve))
      underWay -= 1
      jobs += 1
      return { kind: 'job', job: coreJob(`job_${jobs}`) }
    }
    void run()
    await eventually('full', () => slots.free === 0)
    expect(started).toHaveLength(6)
    expect(most).toBe(4)
    expect(coordinator.queries.map((query) => query.waitS)).toEqual([20, 0, 0, 0, 0, 20])
  })

  it('keeps to JOB_POLL_SECS with a coordinator that answers at once', async () => {
    const { coordinator, clock, run, observe } = setUp({ pollWaitS: 20 })
    void run()
    await eventually('first poll', () => coordinator.queries.length === 1)
    await clock.advance(POLL_MS * 10)
    expect(coordinator.queries).toHaveLength(11)
    expect(observe.isLongPoll).toBe(false)
  })

  it('asks again at once when the coordinator held the request', async () => {
    const { coordinator, clock, run, observe } = setUp({ pollWaitS: 20 })
    coordinator.onNext = async (signal) => {
      await clock.sleep(20_000, signal)
      return { kind: 'none', skipped: { model: 2 } }
    }
    void run()
    await clock.advance(100_000)
    expect(coordinator.queries).toHaveLength(6)
    expect(observe).toMatchObject({ isLongPoll: true, skipped: { model: 2 } })
  })

  it('runs a job once that the coordinator offers twice, and does not spin on it', async () => {
    const { coordinator, clock, started, run, logger } = setUp({ slots: 4 })
    coordinator.onNext = () => ({ kind: 'job', job: coreJob('twice') })
    void run()
    await eventually('offered again', () => coordinator.queries.length >= 2)
    await clock.advance(POLL_MS * 2)
    expect(started).toHaveLength(1)
    // One that brought the job, three lanes that found it known, and one each interval.
    expect(coordinator.queries.length).toBeLessThanOrEqual(7)
    expect(logger.messages('warn')).toEqual(['job offered again: it is in the journal already'])
  })

  it('says so when other work comes under the id of a job that it holds, and stays with the first', async () => {
    const { coordinator, clock, journal, started, run, logger, activeJobs } = setUp({ slots: 2 })
    const first = coreJob('a', { params: { size: 1 }, lease: lease('L1') })
    const other = coreJob('a', { params: { size: 2 }, lease: lease('L2'), attempt: 2 })
    coordinator.onNext = () => ({ kind: 'job', job: coordinator.queries.length === 1 ? first : other })
    void run()
    await eventually('offered again', () => coordinator.queries.length >= 2)
    await clock.advance(POLL_MS)
    expect(started).toHaveLength(1)
    expect(journal.recent(2)).toMatchObject([{ job: { params: { size: 1 }, attempt: 1, lease: { id: 'L1' } } }])
    expect(activeJobs.all()).toEqual([])
    expect(logger.messages('warn')).toEqual(['job offered again with other contents under the same id: the first stands'])
  })

  it('takes a job again under a new lease when the cancel of the old one is through, and not before', async () => {
    const { clock, journal, started, activeJobs, old } = await canceledAndOfferedAgain()
    await clock.advance(1_000)
    expect(started).toEqual([])
    await journal.recordOutcome(old.entry.seq, sampleFailure(), clock.nowMs())
    journal.settle(old.entry.seq, { kind: 'dropped', reason: 'the lease is gone' }, clock.nowMs())
    activeJobs.remove('a', old.entry.seq)
    await eventually('started', () => started.length === 1)
    expect(started[0]?.job).toMatchObject({ attempt: 2, lease: { id: 'L2' } })
  })

  it('does not wait for ever for a cancel that does not come through', async () => {
    const { clock, started, logger, old } = await canceledAndOfferedAgain()
    await clock.advance(10_000)
    expect(started).toEqual([])
    expect(old.entry.job.attempt).toBe(1)
    expect(logger.messages('warn')).toEqual(['job offered again: it is still being canceled'])
  })

  it('refuses a malformed job and never writes it down', async () => {
    const { coordinator, journal, run } = setUp()
    coordinator.onNext = () => ({
      kind: 'malformed',
      id: '../x',
      leaseId: null,
      failure: { code: 'E_INVALID', message: 'm', retryable: false },
    })
    void run()
    await eventually('refused', () => coordinator.refused.length === 1)
    expect(coordinator.refused[0]).toMatchObject({ id: '../x', failure: { code: 'E_INVALID' } })
    expect(journal.recent(10)).toEqual([])
  })

  it('does not refuse a broken copy of a job that it holds', async () => {
    const { coordinator, clock, journal, activeJobs, run } = setUp({ slots: 2 })
    const held = journal.accept(coreJob('a', { lease: lease('L1') }), clock.nowMs())
    activeJobs.add(new ActiveJob(held.entry, clock.monotonicMs()))
    coordinator.onNext = () => ({ kind: 'malformed', id: 'a', leaseId: 'L1', failure: jobFailure('E_INVALID', 'm') })
    void run()
    await eventually('offered', () => coordinator.queries.length === 1)
    await clock.advance(POLL_MS)
    expect(coordinator.refused).toEqual([])
  })

  it('calls for a person, once, when a job brings the API key', async () => {
    const { coordinator, logger, clock, run } = setUp()
    const failure = { code: 'E_DENY', message: 'm', retryable: true } as const
    coordinator.onNext = () => ({ kind: 'malformed', id: 'a', leaseId: null, failure })
    void run()
    await eventually('refused again', async () => {
      await clock.advance(POLL_MS)
      return coordinator.refused.length > 2
    })
    expect(logger.messages('error')).toEqual([expect.stringContaining('API key of this miner')])
  })

  it('backs off from a coordinator that fails, no faster than JOB_POLL_SECS, and comes back', async () => {
    const { coordinator, clock, started, run } = setUp()
    let left = 5
    coordinator.onNext = () => {
      left -= 1
      if (left >= 0) throw failing('unreachable')
      return { kind: 'job', job: coreJob('a') }
    }
    void run()
    await eventually('first failure', () => coordinator.queries.length === 1)
    await clock.advance(POLL_MS - 1)
    expect(coordinator.queries).toHaveLength(1)
    await clock.advance(120_000)
    expect(started).toHaveLength(1)
  })

  it('hands a job back when the journal cannot be written, and reports it', async () => {
    const { coordinator, journal, run, faults } = setUp()
    journal.accept = () => {
      throw diskFull()
    }
    coordinator.onNext = () => ({ kind: 'job', job: coreJob('a') })
    void run()
    await eventually('handed back', () => coordinator.refused.length === 1)
    expect(coordinator.refused[0]?.failure).toMatchObject({ code: 'E_SHUTDOWN', retryable: true })
    expect(faults.reported).toEqual(['journal'])
  })

  it('does not ask while the gate is shut', async () => {
    const { coordinator, clock, gate, run } = setUp()
    gate.shut('coordinator_asked')
    void run()
    await clock.advance(60_000)
    expect(coordinator.queries).toEqual([])
    gate.open('coordinator_asked')
    await eventually('asked', () => coordinator.queries.length === 1)
  })

  it('ends at once when it is stopped in the middle of a long poll', async () => {
    const { coordinator, stop, run } = setUp({ pollWaitS: 20 })
    coordinator.onNext = (signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(failing('unreachable'))))
    const running = run()
    await eventually('asked', () => coordinator.queries.length === 1)
    stop.abort()
    await running
  })

  it('breaks off a long poll when this machine fails, and asks again at once when it works', async () => {
    const { coordinator, gate, run, health, logger } = setUp({ pollWaitS: 20 })
    coordinator.onNext = (signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(failing('unreachable'))))
    void run()
    await eventually('asked', () => coordinator.queries.length === 1)
    gate.shut('local_fault')
    gate.open('local_fault')
    await eventually('asked again', () => coordinator.queries.length === 2)
    expect(health.snapshot().isReachable).not.toBe(false)
    expect(logger.messages('warn')).toEqual([])
  })

  it('does not ask when the gate shuts while it waits for a slot', async () => {
    const { coordinator, clock, gate, slots, run } = setUp()
    slots.take()
    void run()
    await clock.advance(0)
    gate.shut('coordinator_asked')
    slots.release()
    await clock.advance(60_000)
    expect(coordinator.queries).toEqual([])
  })
})
