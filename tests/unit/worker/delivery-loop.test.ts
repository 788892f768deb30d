import { describe, expect, it, onTestFinished } from 'vitest'
import { SqliteJournal } from '../../../src/journal/sqlite-journal.ts'
import type { CoordinatorFailure } from '../../../src/domain/coordinator-failure.ts'
import { jobFailure } from '../../../src/domain/failure-codes.ts'
import type { Settlement } from '../../../src/domain/outcome.ts'
import { CoordinatorHealth } from '../../../src/worker/coordinator-health.ts'
import { DeliveryLoop } from '../../../src/worker/delivery-loop.ts'
import { LoopProgress } from '../../../src/worker/loop-progress.ts'
import { diskFull, RecordedFaults } from '../../support/recorded-faults.ts'
import { eventually } from '../../support/eventually.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { CREDITED, failing, FakeCoordinator } from '../../support/fake-coordinator.ts'
import { coreJob } from '../../support/sample-jobs.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { tempDir } from '../../support/temp-dir.ts'

const HOUR_MS = 3_600_000

async function setUp() {
  const clock = new FakeClock()
  const logger = new RecordingLogger()
  const coordinator = new FakeCoordinator()
  const journal = SqliteJournal.open({ stateDir: tempDir() })
  const health = new CoordinatorHealth({ clock, logger })
  const faults = new RecordedFaults()
  const settled: { readonly id: string; readonly settlement: Settlement }[] = []
  const progress = new LoopProgress('delivery', clock)
  const loop = new DeliveryLoop({
    coordinator,
    health,
    journal,
    faults,
    deadlineMs: 24 * HOUR_MS,
    requestTimeoutMs: 30_000,
    progress,
    clock,
    random: () => 1,
    logger,
    onSettled: (entry, settlement) => settled.push({ id: entry.job.id, settlement }),
  })
  const stop = new AbortController()
  const record = async (id: string) => {
    const accepted = journal.accept(coreJob(id), clock.nowMs())
    return journal.recordOutcome(
      accepted.entry.seq,
      { kind: 'failed', failure: jobFailure('E_ENGINE', 'm'), metrics: {} },
      clock.nowMs(),
    )
  }
  const start = (): Promise<void> => {
    const running = loop.run(stop.signal)
    onTestFinished(async () => {
      stop.abort()
      await running
      journal.close()
    })
    return running
  }
  return { clock, logger, faults, coordinator, journal, health, loop, progress, settled, stop, record, start }
}

/** Every delivery fails so, until the function that is returned is called. */
function failDeliveries(coordinator: FakeCoordinator, failure: CoordinatorFailure): () => void {
  coordinator.onDeliver = () => {
    throw failure
  }
  return () => {
    coordinator.onDeliver = () => CREDITED
  }
}

describe('DeliveryLoop', () => {
  it('is overdue when a delivery never ends, and not while there is nothing to deliver', async () => {
    const { clock, coordinator, loop, progress, record, start } = await setUp()
    void start()
    await clock.advance(HOUR_MS)
    expect(progress.overdueMs).toBe(0)
    const delivery = Promise.withResolvers<Settlement>()
    onTestFinished(() => delivery.resolve(CREDITED))
    coordinator.onDeliver = () => delivery.promise
    loop.offer(await record('a'))
    await eventually('sent', () => coordinator.delivered.length === 1)
    await clock.advance(2 * 30_000 + 2 * 60_000 + 1_000)
    expect(progress.overdueMs).toBe(1_000)
  })

  it('sends at start what a former life left in the outbox', async () => {
    const { record, start, settled, journal } = await setUp()
    await record('a')
    await record('b')
    void start()
    await eventually('both settled', () => settled.length === 2)
    expect(settled.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(journal.counts().outbox).toBe(0)
  })

  it('sends an outcome again whose job came back under another lease while it was under way', async () => {
    const { start, settled, loop, coordinator, journal, clock, logger } = await setUp()
    const first = Promise.withResolvers<Settlement>()
    coordinator.onDeliver = ({ job }) => (job.attempt === 1 ? first.promise : { kind: 'reported' })
    void start()
    const accepted = journal.accept(coreJob('a'), clock.nowMs())
    const failure = { kind: 'failed', failure: jobFailure('E_INVALID', 'm'), metrics: {} } as const
    loop.offer(await journal.recordOutcome(accepted.entry.seq, failure, clock.nowMs()))
    await eventually('sent', () => coordinator.delivered.length === 1)
    journal.accept(coreJob('a', { attempt: 2 }), clock.nowMs())
    first.resolve({ kind: 'dropped', reason: 'lease lost' })
    await eventually('settled', () => settled.length === 1)
    expect(coordinator.delivered.map(({ job }) => job.attempt)).toEqual([1, 2])
    expect(new Set(coordinator.delivered.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2)
    expect(settled[0]?.settlement).toEqual({ kind: 'reported' })
    expect(logger.messages('info')).toContain('outcome goes out again: the job has come back under another lease')
  })

  it('sends an offered outcome at once', async () => {
    const { record, start, settled, loop } = await setUp()
    void start()
    loop.offer(await record('a'))
    await eventually('settled', () => settled.length === 1)
    expect(settled[0]?.settlement).toEqual(CREDITED)
  })

  it('tries with one delivery while the coordinator is unreachable, and sends all when it is back, none twice', async () => {
    const { record, start, settled, loop, coordinator, clock } = await setUp()
    const mend = failDeliveries(coordinator, failing('unreachable'))
    for (const id of ['a', 'b', 'c']) await record(id)
    void start()
    await eventually('the first tries', () => coordinator.delivered.length > 0)
    const triedTogether = coordinator.delivered.length
    await eventually('a second round', async () => {
      await clock.advance(100)
      return coordinator.delivered.length > triedTogether
    })
    expect(coordinator.delivered.length).toBe(triedTogether + 1)
    mend()
    loop.resume()
    await eventually('all settled', () => settled.length === 3)
    expect(settled.map(({ id }) => id).toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('sends what an outage of an hour has left in the order of the jobs, after the try that found the coordinator back', async () => {
    const { record, start, settled, loop, coordinator, clock, faults } = await setUp()
    const mend = failDeliveries(coordinator, failing('unreachable'))
    const ids = Array.from({ length: 40 }, (_, i) => `job-${String(i).padStart(2, '0')}`)
    void start()
    for (const id of ids) loop.offer(await record(id))
    const endMs = clock.monotonicMs() + HOUR_MS
    while (clock.monotonicMs() < endMs) {
      const before = coordinator.delivered.length
      await eventually('another try', async () => {
        await clock.advance(60_000)
        return coordinator.delivered.length > before
      })
    }
    const tries = coordinator.delivered.length
    mend()
    await eventually('all settled', async () => {
      await clock.advance(1_000)
      return settled.length === ids.length
    })
    const [, ...rest] = settled.map(({ id }) => id)
    expect(rest).toEqual(rest.toSorted())
    expect(new Set(settled.map(({ id }) => id))).toEqual(new Set(ids))
    expect(coordinator.delivered).toHaveLength(tries + ids.length)
    expect(faults.reported).toEqual([])
  })

  it('keeps the same idempotency key through every try', async () => {
    const { record, start, settled, coordinator, clock } = await setUp()
    let left = 3
    coordinator.onDeliver = () => {
      left -= 1
      if (left > 0) throw failing('garbled')
      return CREDITED
    }
    await record('a')
    void start()
    for (let tries = 1; tries <= 3; tries += 1) {
      await eventually(`try ${tries}`, async () => {
        await clock.advance(1_000)
        return coordinator.delivered.length === tries
      })
    }
    await eventually('settled', () => settled.length === 1)
    expect(new Set(coordinator.delivered.map((entry) => entry.idempotencyKey)).size).toBe(1)
    expect(coordinator.delivered.map((entry) => entry.tries)).toEqual([0, 1, 2])
  })

  it('sends an outcome once that it had found by itself when it was offered', async () => {
    const { record, start, settled, loop, coordinator } = await setUp()
    const { promise, resolve } = Promise.withResolvers<Settlement>()
    coordinator.onDeliver = () => promise
    const entry = await record('a')
    void start()
    await eventually('found', () => coordinator.delivered.length === 1)
    loop.offer(entry)
    resolve(CREDITED)
    await eventually('settled', () => settled.length > 0)
    expect(coordinator.delivered).toHaveLength(1)
    expect(settled).toHaveLength(1)
  })

  it('lets one refused outcome wait without holding up the others', async () => {
    const { record, start, settled, loop, coordinator } = await setUp()
    coordinator.onDeliver = (entry) => {
      if (entry.job.id === 'bad') throw failing('rejected')
      return CREDITED
    }
    void start()
    loop.offer(await record('bad'))
    await eventually('refused', () => coordinator.delivered.length === 1)
    loop.offer(await record('good'))
    await eventually('the good one settled', () => settled.some(({ id }) => id === 'good'))
    expect(settled.map(({ id }) => id)).toEqual(['good'])
  })

  it('drops an outcome that nobody has taken by the deadline, and says so', async () => {
    const { record, start, settled, clock, coordinator } = await setUp()
    await record('old')
    await clock.advance(25 * HOUR_MS)
    void start()
    await eventually('dropped', () => settled.length === 1)
    expect(settled[0]?.settlement).toMatchObject({ kind: 'dropped' })
    expect(coordinator.delivered).toEqual([])
  })

  it('waits for the deliveries under way before it ends', async () => {
    const { record, start, settled, loop, coordinator, stop } = await setUp()
    const { promise, resolve } = Promise.withResolvers<Settlement>()
    coordinator.onDeliver = () => promise
    const running = start()
    loop.offer(await record('a'))
    await eventually('under way', () => coordinator.delivered.length === 1)
    stop.abort()
    resolve(CREDITED)
    await running
    expect(settled).toHaveLength(1)
  })

  it('keeps to a pause although the wall clock is set back an hour, and not for an hour longer', async () => {
    const { record, start, settled, coordinator, clock } = await setUp()
    const mend = failDeliveries(coordinator, failing('unreachable'))
    await record('a')
    void start()
    await eventually('tried', () => coordinator.delivered.length === 1)
    mend()
    clock.moveWallClock(-HOUR_MS)
    await clock.advance(2_000)
    await eventually('settled', () => settled.length === 1)
  })

  it('tries a refused outcome after its own pause although the wall clock is set back', async () => {
    const { record, start, settled, coordinator, clock } = await setUp()
    const mend = failDeliveries(coordinator, failing('rejected'))
    await record('a')
    void start()
    await eventually('refused', () => coordinator.delivered.length === 1)
    mend()
    clock.moveWallClock(-HOUR_MS / 2)
    await clock.advance(2_000)
    await eventually('settled', () => settled.length === 1)
  })

  it('does not drop what has waited for a minute because the wall clock is set forward by days', async () => {
    const { record, start, settled, coordinator, clock } = await setUp()
    const mend = failDeliveries(coordinator, failing('unreachable'))
    await record('a')
    void start()
    await eventually('tried', () => coordinator.delivered.length === 1)
    mend()
    clock.moveWallClock(30 * 24 * HOUR_MS)
    await clock.advance(2_000)
    await eventually('settled', () => settled.length === 1)
    expect(settled[0]?.settlement).toEqual(CREDITED)
  })

  it('brings forward at start what a clock that was wrong has put off for longer than any pause', async () => {
    const { record, start, settled, clock, journal } = await setUp()
    const { seq } = await record('a')
    journal.postpone(seq, clock.nowMs() + 300 * HOUR_MS)
    void start()
    await clock.advance(HOUR_MS)
    await eventually('settled', () => settled.length === 1)
  })

  it('goes on when a receipt cannot be written, sends nothing twice meanwhile, and settles when there is space again', async () => {
    const { record, start, settled, coordinator, clock, journal, faults } = await setUp()
    const settle = journal.settle.bind(journal)
    let isFull = true
    journal.settle = (...given) => {
      if (isFull) throw diskFull()
      return settle(...given)
    }
    for (const id of ['a', 'b', 'c']) await record(id)
    void start()
    await eventually('sent', () => coordinator.delivered.length === 3)
    await clock.advance(90_000)
    expect(coordinator.delivered).toHaveLength(3)
    expect(settled).toEqual([])
    expect(faults.reported).toContain('journal')
    isFull = false
    await clock.advance(2_000)
    await eventually('settled', () => settled.length === 3)
    expect(coordinator.delivered).toHaveLength(3)
    expect(journal.counts()).toMatchObject({ outbox: 0, settled: 3 })
  })

  it('does not hammer the coordinator when it cannot be written down when to try again', async () => {
    const { record, start, settled, coordinator, clock, journal } = await setUp()
    const postpone = journal.postpone.bind(journal)
    let isFull = true
    journal.postpone = (...given) => {
      if (isFull) throw diskFull()
      postpone(...given)
    }
    coordinator.onDeliver = () => {
      if (isFull) throw failing('rejected')
      return CREDITED
    }
    await record('a')
    void start()
    await eventually('refused', () => coordinator.delivered.length === 1)
    await clock.advance(25_000)
    expect(coordinator.delivered).toHaveLength(1)
    isFull = false
    await clock.advance(60_000)
    await eventually('settled', () => settled.length === 1)
  })

  it('ends in good time, and leaves the outcome for the next start, when a receipt cannot be written', async () => {
    const { record, start, coordinator, journal, stop, settled } = await setUp()
    journal.settle = () => {
      throw diskFull()
    }
    await record('a')
    const running = start()
    await eventually('sent', () => coordinator.delivered.length === 1)
    stop.abort()
    await running
    expect(settled).toEqual([])
    expect(journal.counts().outbox).toBe(1)
  })

  it('tells for how long all wait, and keeps the error of a delivery until one succeeds', async () => {
    const { record, start, settled, coordinator, clock, loop, health } = await setUp()
    const mend = failDeliveries(coordinator, failing('overloaded', 40_000))
    await record('a')
    void start()
    await eventually('failed', () => loop.snapshot().pausedMs > 0)
    health.succeeded()
    expect(loop.snapshot()).toEqual({ pausedMs: 41_000, lastError: 'overloaded for the test' })
    mend()
    await clock.advance(41_000)
    await eventually('settled', () => settled.length === 1)
    expect(loop.snapshot()).toEqual({ pausedMs: 0, lastError: null })
  })
})
