import { describe, expect, it, onTestFinished } from 'vitest'
import { MinerTotals } from '../../../src/daemon/miner-totals.ts'
import { reportStatus } from '../../../src/daemon/status-report.ts'
import { CoordinatorFailure } from '../../../src/domain/coordinator-failure.ts'
import { jobFailure } from '../../../src/domain/failure-codes.ts'
import type { MinerStatus } from '../../../src/domain/miner-status.ts'
import type { Settlement } from '../../../src/domain/outcome.ts'
import { SqliteJournal } from '../../../src/journal/sqlite-journal.ts'
import { ActiveJobs } from '../../../src/worker/active-jobs.ts'
import { CoordinatorHealth } from '../../../src/worker/coordinator-health.ts'
import { PollGate } from '../../../src/worker/poll-gate.ts'
import { Slots } from '../../../src/worker/slots.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { coreJob } from '../../support/sample-jobs.ts'
import { tempDir } from '../../support/temp-dir.ts'

function setUp() {
  const clock = new FakeClock()
  const logger = new RecordingLogger()
  const journal = SqliteJournal.open({ stateDir: tempDir() })
  onTestFinished(() => journal.close())
  const health = new CoordinatorHealth({ clock, logger })
  const faults: { reason: string | null } = { reason: null }
  const deliveries: { pausedMs: number; lastError: string | null } = { pausedMs: 0, lastError: null }
  const facts = { version: '1', pid: 1, startedAt: '', minerId: 'm', wallet: 'w', mode: 'cpu', coordUrl: 'http://c/' } as const
  const status = (): MinerStatus =>
    reportStatus({
      facts,
      phase: () => 'working',
      configFile: '/etc/aitbc/miner.conf',
      notConfigured: [],
      health,
      gate: new PollGate([]),
      faults,
      delivery: { snapshot: () => deliveries },
      slots: new Slots(1),
      activeJobs: new ActiveJobs(),
      journal,
      engine: { workloads: [], run: () => Promise.reject(new Error('not here')), status: () => [], stop: async () => {} },
      gpus: [],
      polls: { skipped: null, isLongPoll: null, warnedOf: null },
      totals: new MinerTotals(),
      clock,
    })
  const fail = async (id: string): Promise<number> => {
    const { entry } = journal.accept(coreJob(id), clock.nowMs())
    const failure = jobFailure('E_OOM', 'm')
    await journal.recordOutcome(entry.seq, { kind: 'failed', failure, metrics: {} }, clock.nowMs())
    return entry.seq
  }
  return { clock, journal, health, faults, deliveries, status, fail }
}

describe('reportStatus', () => {
  it('tells of a fault of this machine, and what to do', () => {
    const { health, faults, status } = setUp()
    health.succeeded()
    expect(status()).toMatchObject({ state: 'online', stateReason: null })
    faults.reason = 'the work folder /w cannot be worked in: mend it'
    expect(status()).toMatchObject({ state: 'waiting', stateReason: 'the work folder /w cannot be worked in: mend it' })
  })

  it('tells which key to check when it is valid but may not mine', () => {
    const { health, status } = setUp()
    const details = { failureClass: 'unauthorized', status: 403, apiCode: null, retryAfterMs: null } as const
    health.failed(new CoordinatorFailure('HTTP 403', details))
    expect(status()).toMatchObject({ state: 'waiting', stateReason: expect.stringMatching(/API_KEY.*role miner/) })
  })

  it('shows for the next try the later of the row and the pause of all', async () => {
    const { clock, journal, deliveries, status, fail } = setUp()
    const seq = await fail('a')
    deliveries.pausedMs = 45_000
    expect(status().outbox.nextTryInS).toBe(45)
    journal.postpone(seq, clock.nowMs() + 90_000)
    expect(status().outbox.nextTryInS).toBe(90)
  })

  it('keeps showing the error of the deliveries while heartbeats succeed', async () => {
    const { health, deliveries, status, fail } = setUp()
    await fail('a')
    deliveries.lastError = 'POST /v1/miner/fail: HTTP 500'
    health.succeeded()
    expect(status()).toMatchObject({
      outbox: { lastError: 'POST /v1/miner/fail: HTTP 500' },
      coordinator: { lastError: null },
    })
  })

  it.each<[Settlement, string]>([
    [{ kind: 'reported' }, 'failed: E_OOM'],
    [{ kind: 'dropped', reason: 'not reported: no endpoint' }, 'failed: E_OOM, not reported: no endpoint'],
  ])('shows of a failed job settled as %j how it ended', async (settlement, result) => {
    const { clock, journal, status, fail } = setUp()
    journal.settle(await fail('a'), settlement, clock.nowMs())
    expect(status().recent[0]?.result).toBe(result)
  })
})
