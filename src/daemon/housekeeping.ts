import cron from 'node-cron'
import type { Journal } from '../domain/journal.ts'
import type { Clock, Logger } from '../domain/ports.ts'

/** Settled jobs stay in the local history this long. */
const KEEP_MS = 30 * 24 * 3_600_000
/** Once a night, at a minute that is nobody's favourite. */
const SCHEDULE = '23 4 * * *'

/** Keeps the journal from growing for ever: forgets settled jobs after 30 days. Call the returned function to end it. */
export function startHousekeeping(deps: {
  readonly journal: Journal
  readonly clock: Clock
  readonly logger: Logger
}): () => void {
  const task = cron.schedule(SCHEDULE, () => tidy(deps), { name: 'housekeeping', noOverlap: true })
  return () => void task.destroy()
}

/** Forgets what is old enough, in steps between which the loops get their turn. */
export async function tidy(deps: { readonly journal: Journal; readonly clock: Clock; readonly logger: Logger }): Promise<void> {
  const { journal, clock, logger } = deps
  let forgotten = 0
  try {
    for (let step = -1; step !== 0; forgotten += step) {
      step = journal.prune(clock.nowMs() - KEEP_MS)
      await new Promise((resolve) => setImmediate(resolve))
    }
  } catch (error) {
    logger.warn('old jobs not forgotten: it is tried again tomorrow', { error: String(error) })
  }
  if (forgotten > 0) logger.info('old jobs forgotten', { jobs: forgotten, older_than_days: KEEP_MS / (24 * 3_600_000) })
}
