import { describe, expect, it, onTestFinished } from 'vitest'
import type { JobFailure } from '../../../src/domain/failure-codes.ts'
import { SqliteJournal } from '../../../src/journal/sqlite-journal.ts'
import { recoverJobs } from '../../../src/worker/recovery.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { coreJob } from '../../support/sample-jobs.ts'
import { tempDir } from '../../support/temp-dir.ts'

function setUp() {
  const clock = new FakeClock()
  const journal = SqliteJournal.open({ stateDir: tempDir() })
  onTestFinished(() => journal.close())
  journal.accept(coreJob('a'), clock.nowMs())
  const done: { readonly id: string; readonly failure: JobFailure | null }[] = []
  let recovered = 0
  const start = (): number =>
    recoverJobs({
      journal,
      runner: {
        start: ({ job }) => done.push({ id: job.id, failure: null }),
        handBack: ({ job }, failure) => done.push({ id: job.id, failure }),
      },
      clock,
      logger: new RecordingLogger(),
      onRecovered: () => (recovered += 1),
    })
  return { start, done, recovered: () => recovered }
}

describe('recoverJobs', () => {
  it('runs a job again that the daemon died under, and counts it', () => {
    const { start, done, recovered } = setUp()
    expect(start()).toBe(1)
    expect(done).toEqual([{ id: 'a', failure: null }])
    expect(recovered()).toBe(1)
  })

  it('hands a job back that the daemon died under three times', () => {
    const { start, done } = setUp()
    for (let starts = 0; starts < 3; starts += 1) start()
    expect(done.map(({ failure }) => failure?.code ?? 'run')).toEqual(['run', 'run', 'E_SHUTDOWN'])
  })
})
