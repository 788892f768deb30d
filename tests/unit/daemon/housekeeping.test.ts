import { describe, expect, it } from 'vitest'
import { tidy } from '../../../src/daemon/housekeeping.ts'
import { jobFailure } from '../../../src/domain/failure-codes.ts'
import { SqliteJournal } from '../../../src/journal/sqlite-journal.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { coreJob } from '../../support/sample-jobs.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { tempDir } from '../../support/temp-dir.ts'

const DAY_MS = 24 * 3_600_000

describe('tidy', () => {
  it('forgets jobs settled more than 30 days ago, and nothing that is not settled', async () => {
    const clock = new FakeClock()
    const journal = SqliteJournal.open({ stateDir: tempDir() })
    const settle = async (id: string): Promise<void> => {
      const { entry } = journal.accept(coreJob(id), clock.nowMs())
      await journal.recordOutcome(entry.seq, { kind: 'failed', failure: jobFailure('E_ENGINE', 'm'), metrics: {} }, clock.nowMs())
      journal.settle(entry.seq, { kind: 'reported' }, clock.nowMs())
    }
    await settle('old')
    journal.accept(coreJob('unsettled'), clock.nowMs())
    await clock.advance(29 * DAY_MS)
    await settle('young')
    await clock.advance(2 * DAY_MS)
    await tidy({ journal, clock, logger: new RecordingLogger() })
    expect(journal.recent(10).map((entry) => entry.job.id)).toEqual(['young', 'unsettled'])
    journal.close()
  })
})
