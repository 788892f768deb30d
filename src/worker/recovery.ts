import { jobFailure } from '../domain/failure-codes.ts'
import type { Journal } from '../domain/journal.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import type { JobRunner } from './job-runner.ts'

/** A job that was running each time the daemon died is perhaps the cause of it. */
const MAX_RECOVERIES = 2

/**
 * Takes up the jobs that a former daemon left behind: each is run again from the start, or handed back when it has
 * been taken up too often. The coordinator decides whether its lease still holds. Resolves with how many there were.
 */
export async function recoverJobs(deps: {
  readonly journal: Journal
  readonly runner: Pick<JobRunner, 'start'>
  readonly clock: Clock
  readonly logger: Logger
}): Promise<number> {
  const entries = deps.journal.recover(deps.clock.nowMs())
  for (const entry of entries) {
    const attributes = { job: entry.job.id, workload: entry.job.workload, recoveries: entry.recoveries }
    if (entry.recoveries <= MAX_RECOVERIES) {
      deps.logger.warn('job taken up again: the miner had stopped under it', attributes)
      deps.runner.start(entry)
      continue
    }
    deps.logger.error('job handed back: the miner has stopped under it too often', attributes)
    const failure = jobFailure('E_SHUTDOWN', `the miner stopped ${entry.recoveries} times while it ran this job`)
    await deps.journal.recordOutcome(entry.seq, { kind: 'failed', failure, metrics: {} }, deps.clock.nowMs())
  }
  return entries.length
}
