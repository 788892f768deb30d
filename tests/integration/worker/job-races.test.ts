import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../../../src/domain/engine.ts'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import { SqliteJournal } from '../../../src/journal/sqlite-journal.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { failing, FakeCoordinator } from '../../support/fake-coordinator.ts'
import { sampleResult } from '../../support/sample-jobs.ts'
import { HonestBooks } from './honest-books.ts'
import { startLife } from './miner-life.ts'
import { JobWays, watchedJournal } from './watched-journal.ts'

/** The disk of a busy machine takes its time. */
const TIMEOUT_MS = 120_000
/** After so many steps nothing goes wrong any more: what is lost by then is lost for good. */
const CALM_AFTER = 250
const MAX_STEPS = 3_000
const IDLE_MS = 1_000
const FOR_EVER = new Promise<never>(() => undefined)

interface Fate {
  readonly jobs: number
  readonly scheduler: fc.Scheduler
  /** What goes wrong, and when: each place that can fail takes the next number. */
  readonly luck: Iterator<number>
  /** Steps after which the process is killed. */
  readonly kills: readonly number[]
}

/** One run of the world, from the first poll until every job has ended and the outbox is empty. */
async function live(folder: string, { jobs, scheduler, luck, kills }: Fate): Promise<void> {
  const books = new HonestBooks(jobs)
  const ways = new JobWays()
  const clock = new FakeClock()
  const wrong: unknown[] = []
  let isCalm = false
  const isUnlucky = (oneIn: number): boolean => !isCalm && (luck.next().value ?? 1) % oneIn === 0
  let life = bearLife(join(folder, '0'))

  for (let step = 0; ; step += 1) {
    expect(wrong).toEqual([])
    if (step > MAX_STEPS) throw new Error(`stuck: ${JSON.stringify([books.endings(), life.journal.counts()])}`)
    if (kills.includes(step)) life = bearLife(life.kill(join(folder, String(step + 1))))
    if (scheduler.count() > 0) await scheduler.waitNext(1)
    else await clock.advance(IDLE_MS)
    await setImmediate()
    isCalm = step > CALM_AFTER
    if (isCalm) takeBackUnheard()
    else meddle()
    const { accepted, running, outbox } = life.journal.counts()
    if (books.areClosed && accepted + running + outbox === 0 && !life.isOffered()) break
  }
  await life.end()
  expect(wrong).toEqual([])
  expect(ways.all().filter((state) => state !== 'settled')).toEqual([])
  expect(books.credits).toBe(books.endings().filter((ending) => ending === 'completed').length)

  /** What others do meanwhile: a client cancels, a lease runs out. */
  function meddle(): void {
    for (const job of books.held()) {
      const fate = luck.next().value ?? 1
      if (fate % 20 === 0) books.takeBack(job)
      else if (fate % 40 === 1) {
        books.cancel(job)
        life.cancel(job.id)
      }
    }
  }

  /** A job that was lost on its way to the miner comes back when its lease is over. */
  function takeBackUnheard(): void {
    if (life.isOffered()) return
    const heard = new Set(life.journal.recent(1000).map(({ job }) => job.lease?.id))
    for (const job of books.held()) if (![...heard].some((lease) => books.isCurrent(job, lease ?? ''))) books.takeBack(job)
  }

  function bearLife(stateDir: string) {
    let isDead = false
    const turn = async (what: string): Promise<void> => {
      await scheduler.schedule(Promise.resolve(), what)
      if (isDead) await FOR_EVER
    }
    const store = SqliteJournal.open({ stateDir })
    ways.readFrom(store)
    const journal = watchedJournal(store, { ways, sync: () => turn('sync'), answerTo: (key) => books.answerTo(key) })
    const busy = new Set<string>()
    const engine: Engine = {
      workloads: ['llm_gen'],
      status: () => [],
      stop: async () => undefined,
      run: async ({ job, signal }) => {
        if (busy.has(job.id)) wrong.push(`${job.id} runs twice`)
        busy.add(job.id)
        await turn(`run ${job.id}`)
        busy.delete(job.id)
        signal.throwIfAborted()
        if (isUnlucky(6)) throw new JobFailureError('E_ENGINE', 'crashed')
        if (isUnlucky(9)) throw new JobFailureError('E_INVALID', 'bad params')
        if (isUnlucky(12)) throw new TypeError('surprise')
        return sampleResult()
      },
    }
    const coordinator = new FakeCoordinator()
    /** Jobs that are on their way to the miner. */
    let offered = 0
    coordinator.onNext = async () => {
      await turn('next')
      if (isUnlucky(8)) throw failing('overloaded', 500)
      const known = books.held()[0]
      const job = known !== undefined && isUnlucky(4) ? books.repeat(known) : books.lend()
      offered += job === null ? 0 : 1
      await turn('next answered')
      offered -= job === null ? 0 : 1
      return job === null ? { kind: 'none', skipped: {} } : { kind: 'job', job }
    }
    coordinator.onDeliver = async (entry) => {
      await turn(`deliver ${entry.job.id}`)
      if (isUnlucky(5)) throw failing('unreachable')
      const settlement = books.take(entry)
      await turn(`delivered ${entry.job.id}`)
      if (isUnlucky(4)) throw failing('unreachable')
      if (isUnlucky(9)) throw failing('garbled')
      return settlement
    }
    const { activeJobs, slots, stop } = startLife({
      coordinator,
      engine,
      journal,
      clock,
      onFatal: (error) => void (isDead || wrong.push(error)),
    })
    return {
      journal: store,
      isOffered: () => offered > 0,
      cancel: (id: string) => activeJobs.get(id)?.cancel('E_CANCELED', 'canceled by the coordinator'),
      /** As by `kill -9`: nothing of this life happens any more, and the files are as they are at this moment. */
      kill: (copy: string): string => {
        isDead = true
        cpSync(stateDir, copy, { recursive: true })
        store.close()
        return copy
      },
      end: async (): Promise<void> => {
        const ended = stop()
        while (scheduler.count() > 0) await scheduler.waitNext(1)
        await ended
        expect(slots.busy).toBe(0)
        expect(activeJobs.all()).toEqual([])
        store.close()
      },
    }
  }
}

describe('a job, in whatever order things happen', () => {
  it(
    'goes no way but its own, ends once, and is paid once, over lost answers, cancels, lost leases and kills',
    async () => {
      const fate = fc.record({
        jobs: fc.integer({ min: 1, max: 5 }),
        scheduler: fc.scheduler(),
        luck: fc.infiniteStream(fc.nat(360)),
        kills: fc.uniqueArray(fc.nat(60), { maxLength: 2 }),
      })
      await fc.assert(
        fc.asyncProperty(fate, async (fate) => {
          const folder = mkdtempSync(join(tmpdir(), 'aitbc-races-'))
          mkdirSync(join(folder, '0'))
          try {
            await live(folder, fate)
          } finally {
            rmSync(folder, { recursive: true })
          }
        }),
        { numRuns: 40 },
      )
    },
    TIMEOUT_MS,
  )
})
