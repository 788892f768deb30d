import { describe, expect, it, onTestFinished } from 'vitest'
import type { Engine, RunRequest, RunResult } from '../../../src/domain/engine.ts'
import { AitbcError } from '../../../src/domain/errors.ts'
import { jobFailure, JobFailureError } from '../../../src/domain/failure-codes.ts'
import type { OutboxEntry } from '../../../src/domain/journal.ts'
import type { Job, Lease } from '../../../src/domain/job.ts'
import { SqliteJournal } from '../../../src/journal/sqlite-journal.ts'
import { ActiveJobs } from '../../../src/worker/active-jobs.ts'
import { EventRelay } from '../../../src/worker/event-relay.ts'
import { JobRunner } from '../../../src/worker/job-runner.ts'
import { ServerClock } from '../../../src/worker/server-clock.ts'
import { Slots } from '../../../src/worker/slots.ts'
import { diskFull, RecordedFaults } from '../../support/recorded-faults.ts'
import { eventually } from '../../support/eventually.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeCoordinator } from '../../support/fake-coordinator.ts'
import { coreJob, sampleResult } from '../../support/sample-jobs.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { tempDir } from '../../support/temp-dir.ts'

const RESULT = sampleResult()

const lease = (id: string): Lease => ({ id, expiresAt: '2026-01-01T01:00:00.000Z' })

function setUp(run: (request: RunRequest) => Promise<RunResult>) {
  const clock = new FakeClock()
  const logger = new RecordingLogger()
  const journal = SqliteJournal.open({ stateDir: tempDir() })
  onTestFinished(() => journal.close())
  const activeJobs = new ActiveJobs()
  const slots = new Slots(1)
  const outcomes: OutboxEntry[] = []
  const fatal: unknown[] = []
  const lent = new Set<number>()
  const faults = new RecordedFaults()
  const workDirs = {
    create: async (seq: number): Promise<string> => {
      lent.add(seq)
      return '/nowhere'
    },
    remove: async (seq: number): Promise<void> => void lent.delete(seq),
  }
  let signatures = 0
  const engine: Engine = { workloads: [], run, status: () => [], stop: async () => {} }
  const runner = new JobRunner({
    journal,
    engine,
    workDirs,
    faults,
    activeJobs,
    slots,
    events: new EventRelay({ coordinator: new FakeCoordinator(), clock, logger }),
    serverClock: new ServerClock(clock),
    operatorLimits: { maxRuntimeS: 60, ramMb: null, vramMb: null, maxOutputBytes: 1_000 },
    prove: ({ job }) => {
      signatures += 1
      return { publicKey: 'ed25519:x', inputSha: 'b', envSha: 'c', signature: `${job.lease?.id} ${job.attempt}` }
    },
    clock,
    logger,
    onOutcome: (entry) => outcomes.push(entry),
    onFatal: (error) => fatal.push(error),
  })
  const start = (job: Job): void => runner.start(journal.accept(job, clock.nowMs()).entry)
  return {
    clock,
    logger,
    journal,
    activeJobs,
    slots,
    outcomes,
    fatal,
    lent,
    workDirs,
    faults,
    runner,
    start,
    signatures: () => signatures,
  }
}

describe('JobRunner', () => {
  it('brings a job through the journal to a proof, with its times measured, and frees its slot', async () => {
    const { start, runner, outcomes, slots, journal, lent, activeJobs } = setUp(async () => RESULT)
    start(coreJob('a'))
    expect(slots.busy).toBe(1)
    await runner.whenIdle()
    expect(outcomes[0]?.outcome).toMatchObject({ kind: 'proved', metrics: { gflops: 1.5, run_ms: 0, queue_ms: 0 } })
    expect(journal.recent(1)[0]?.state).toBe('proven')
    expect(slots.busy).toBe(0)
    expect(lent.size).toBe(0)
    expect(activeJobs.get('a')?.state).toBe('proven')
  })

  it('reports the failure that the engine names', async () => {
    const { start, runner, outcomes, logger } = setUp(async () => {
      throw new JobFailureError('E_OOM', 'too much')
    })
    start(coreJob('a'))
    await runner.whenIdle()
    expect(outcomes[0]?.outcome).toMatchObject({
      kind: 'failed',
      failure: { code: 'E_OOM', message: 'too much', retryable: true },
    })
    expect(logger.messages('warn')).toEqual(['job failed'])
  })

  it('makes E_ENGINE of an error that nobody foresaw, and asks for a report', async () => {
    const { start, runner, outcomes, logger, fatal } = setUp(async () => {
      throw new TypeError('surprise')
    })
    start(coreJob('a'))
    await runner.whenIdle()
    expect(outcomes[0]?.outcome).toMatchObject({ kind: 'failed', failure: { code: 'E_ENGINE' } })
    expect(logger.messages('error')).toEqual(['job ended by an error of ours: please report it'])
    expect(fatal).toEqual([])
  })

  it('hands the reason of a cancel on to the engine, and reports it', async () => {
    const { start, runner, outcomes, activeJobs, logger } = setUp(
      ({ signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    start(coreJob('a'))
    await eventually('running', () => activeJobs.get('a')?.state === 'running')
    activeJobs.get('a')?.cancel('E_CANCELED', 'by the test')
    activeJobs.get('a')?.cancel('E_SHUTDOWN', 'too late')
    await runner.whenIdle()
    expect(outcomes[0]?.outcome).toMatchObject({ failure: { code: 'E_CANCELED', message: 'by the test', retryable: false } })
    expect(logger.messages('warn')).toEqual([])
  })

  it('gives the engine the stricter of the limits, and a deadline that shortens the runtime', async () => {
    let limits: RunRequest['limits'] | null = null
    const { start, runner, clock } = setUp(async (request) => {
      limits = request.limits
      return RESULT
    })
    const deadline = new Date(clock.nowMs() + 5_000).toISOString()
    start(coreJob('a', { deadline, limits: { maxRuntimeS: 90, ramMb: 100, vramMb: null, maxOutputBytes: 5_000 } }))
    await runner.whenIdle()
    expect(limits).toEqual({ maxRuntimeS: 5, ramMb: 100, vramMb: null, maxOutputBytes: 1_000 })
  })

  it('runs a job that is handed out after its deadline, by whatever clock, and cuts one short that was taken up again', async () => {
    const limits: number[] = []
    const { clock, journal, outcomes, start, runner } = setUp(async (request) => {
      limits.push(request.limits.maxRuntimeS)
      return RESULT
    })
    start(coreJob('a', { deadline: new Date(clock.nowMs() - 7_200_000).toISOString() }))
    await eventually('done', () => outcomes.length === 1)
    journal.accept(coreJob('b', { deadline: new Date(clock.nowMs() - 7_200_000).toISOString() }), clock.nowMs())
    for (const entry of journal.recover(clock.nowMs())) runner.start(entry)
    await eventually('done again', () => outcomes.length === 2)
    expect(limits).toEqual([60, 0.001])
  })

  it('tries again to write an outcome while the disk refuses, and keeps the slot busy so that no job comes', async () => {
    const { start, runner, outcomes, journal, clock, slots, faults } = setUp(async () => RESULT)
    const write = journal.recordOutcome.bind(journal)
    let refusals = 2
    journal.recordOutcome = async (...given) => {
      refusals -= 1
      if (refusals >= 0) throw diskFull()
      return write(...given)
    }
    start(coreJob('a'))
    await eventually('refused', () => refusals === 1)
    expect(slots.busy).toBe(1)
    await clock.advance(10_000)
    await runner.whenIdle()
    expect(outcomes).toHaveLength(1)
    expect(faults.reported).toEqual(['journal', 'journal'])
  })

  it('stops the daemon when the journal is broken', async () => {
    const { start, runner, journal, fatal } = setUp(async () => RESULT)
    journal.recordOutcome = async () => {
      throw new AitbcError('AITBC_JOURNAL_STATE', 'broken for the test')
    }
    start(coreJob('a'))
    await runner.whenIdle()
    expect(fatal).toHaveLength(1)
  })

  it('hands a job back when there is no work folder for it, and reports the folder', async () => {
    const { start, runner, outcomes, workDirs, faults, logger } = setUp(async () => RESULT)
    workDirs.create = async () => {
      throw new AitbcError('AITBC_WORK_DIR', 'gone for the test')
    }
    start(coreJob('a'))
    await runner.whenIdle()
    expect(outcomes[0]?.outcome).toMatchObject({ failure: { code: 'E_SHUTDOWN', retryable: true } })
    expect(faults.reported).toEqual(['work folder'])
    expect(logger.messages('error')).toEqual([])
  })

  it('does not blame the job when the folder breaks under it, once what the job left there is gone', async () => {
    const { start, runner, outcomes, faults, lent } = setUp(async () => {
      throw new JobFailureError('E_ENGINE', 'no space left on device')
    })
    faults.broken.add('work folder')
    const examine = faults.examine.bind(faults)
    const lentWhenExamined: number[] = []
    faults.examine = (part) => {
      lentWhenExamined.push(lent.size)
      return examine(part)
    }
    start(coreJob('a'))
    await runner.whenIdle()
    expect(outcomes[0]?.outcome).toMatchObject({ failure: { code: 'E_SHUTDOWN' } })
    expect(lentWhenExamined).toEqual([0, 0])
  })

  it('blames want of file descriptors, and not the work folder, for a job that fails for both', async () => {
    const { start, runner, outcomes, faults } = setUp(async () => {
      throw new JobFailureError('E_ENGINE', 'the onnx engine did not start: EMFILE')
    })
    faults.broken.add('file descriptors').add('work folder')
    start(coreJob('a'))
    await runner.whenIdle()
    expect(outcomes[0]?.outcome).toMatchObject({
      failure: { code: 'E_SHUTDOWN', message: expect.stringContaining('no more files') },
    })
    expect(faults.reported).toEqual(['file descriptors'])
  })

  it('fails a job whose output is gone before it was kept, and goes on', async () => {
    const { start, runner, outcomes, fatal } = setUp(async () => ({
      ...RESULT,
      output: { ...RESULT.output, bytes: { kind: 'file', path: '/nowhere/output' } },
    }))
    start(coreJob('a'))
    await runner.whenIdle()
    expect(fatal).toEqual([])
    expect(outcomes[0]?.outcome).toMatchObject({ failure: { code: 'E_ENGINE' } })
  })

  it('runs a job although it cannot be noted that it runs', async () => {
    const { start, runner, outcomes, journal, faults } = setUp(async () => RESULT)
    journal.markRunning = () => {
      throw diskFull()
    }
    start(coreJob('a'))
    await runner.whenIdle()
    expect(outcomes[0]?.outcome.kind).toBe('proved')
    expect(faults.reported).toEqual(['journal'])
  })

  it('does not hold up the stop with an outcome that cannot be written', async () => {
    const { start, runner, outcomes, journal, fatal, faults } = setUp(async () => RESULT)
    journal.recordOutcome = async () => {
      throw diskFull()
    }
    start(coreJob('a'))
    await eventually('refused', () => faults.reported.length > 0)
    runner.abandonUnwritten()
    await runner.whenIdle()
    expect([outcomes, fatal]).toEqual([[], []])
    expect(journal.recent(1)[0]?.state).toBe('running')
  })

  it('signs for the lease under which the proof is recorded, when that changed after the run', async () => {
    const { start, runner, outcomes, journal, clock, faults, signatures } = setUp(async () => RESULT)
    const write = journal.recordOutcome.bind(journal)
    let isFull = true
    journal.recordOutcome = async (...given) => {
      if (isFull) throw diskFull()
      return write(...given)
    }
    start(coreJob('a', { lease: lease('L1') }))
    await eventually('refused', () => faults.reported.length > 0)
    journal.renewLease(1, lease('L2'))
    isFull = false
    await clock.advance(5_000)
    await runner.whenIdle()
    expect(outcomes[0]).toMatchObject({ job: { lease: { id: 'L2' } }, outcome: { poc: { signature: 'L2 1' } } })
    expect(signatures()).toBe(2)
  })

  it('ends a job without running it when told to hand it back', async () => {
    let runs = 0
    const { runner, outcomes, journal, clock, slots, activeJobs } = setUp(async () => {
      runs += 1
      return RESULT
    })
    const { entry } = journal.accept(coreJob('a'), clock.nowMs())
    runner.handBack(entry, jobFailure('E_SHUTDOWN', 'for the test'))
    await runner.whenIdle()
    expect(runs).toBe(0)
    expect(outcomes[0]?.outcome).toMatchObject({ failure: { code: 'E_SHUTDOWN' } })
    expect(slots.busy).toBe(0)
    expect(activeJobs.get('a')?.state).toBe('failed')
  })
})
