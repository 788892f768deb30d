import { jobFailure } from '../domain/failure-codes.ts'
import { MAX_RECOVERIES } from '../domain/journal.ts'
import type { Journal } from '../domain/journal.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import type { JobRunner } from './job-runner.ts'

/**
 * Takes up the jobs that a former daemon left behind: each is run again from the start, or handed back when it has
 * been taken up too often. The coordinator decides whether its lease still holds. Returns how many there were.
 */
export function recoverJobs(deps: {
  readonly journal: Journal
  readonly runner: Pick<JobRunner, 'start' | 'handBack'>
  readonly clock: Clock
  readonly logger: Logger
  readonly onRecovered: () => void
}): number {
  const entries = deps.journal.recover(deps.clock.nowMs())
  for (const entry of entries) {
    deps.onRecovered()
    const attributes = { job: entry.job.id, workload: entry.job.workload, recoveries: entry.recoveries }
    if (entry.recoveries <= MAX_RECOVERIES) {
      deps.logger.warn('job taken up again: the miner had stopped under it', attributes)
      deps.runner.start(entry)
      continue
    }
    deps.logger.error('job handed back: the miner has stopped under it too often', attributes)
    deps.runner.handBack(entry, jobFailure('E_SHUTDOWN', `the miner stopped ${entry.recoveries} times while it ran this job`))
  }
  return entries.length
}
