import type { OutboxEntry } from '../domain/journal.ts'
import type { Outcome, Settlement } from '../domain/outcome.ts'
import type { Logger } from '../domain/ports.ts'

/** The line with which a job ends in the log. */
export function logSettlement(logger: Logger, { job, outcome }: OutboxEntry, settlement: Settlement): void {
  const about = { job: job.id, workload: job.workload, attempt: job.attempt }
  switch (settlement.kind) {
    case 'credited':
      logger.info('proof accepted', { ...about, reward: settlement.reward, balance: settlement.balance, unit: settlement.unit })
      return
    case 'reported':
      logger.info('failure reported', { ...about, code: codeOf(outcome) })
      return
    case 'dropped':
      logger.warn('outcome dropped: it is kept in the local history', {
        ...about,
        reason: settlement.reason,
        code: codeOf(outcome),
      })
      return
    default:
      settlement satisfies never
  }
}

function codeOf(outcome: Outcome): string | null {
  return outcome.kind === 'failed' ? outcome.failure.code : null
}
