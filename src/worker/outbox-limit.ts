import type { Journal } from '../domain/journal.ts'
import type { Logger } from '../domain/ports.ts'
import { MAX_LISTED_JOBS } from './active-jobs.ts'
import type { PollGate } from './poll-gate.ts'

export interface OutboxLimitDeps {
  readonly journal: Pick<Journal, 'counts'>
  readonly gate: Pick<PollGate, 'shut' | 'open' | 'reasons'>
  /** Jobs at a time. */
  readonly slots: number
  readonly logger: Logger
}

/**
 * Takes no more jobs while so many outcomes wait for delivery that a heartbeat can no longer list them all, by which their leases are
 * kept: a coordinator that hands out jobs, but takes no proofs, fills no disk. Jobs are taken again when half of them have gone.
 */
export class OutboxLimit {
  readonly #deps: OutboxLimitDeps
  readonly #most: number

  constructor(deps: OutboxLimitDeps) {
    this.#deps = deps
    // As many as run at a time may end together without anything being wrong.
    this.#most = Math.max(MAX_LISTED_JOBS - deps.slots, deps.slots)
  }

  /** To be called when an outcome has come or gone. */
  check(): void {
    const { journal, gate, logger } = this.#deps
    const { outbox } = journal.counts()
    const isShut = gate.reasons.includes('outbox_full')
    if (!isShut && outbox >= this.#most) {
      gate.shut('outbox_full')
      logger.warn('no jobs are taken: too many results wait for a coordinator that does not take them', { outbox })
    } else if (isShut && outbox <= this.#most / 2) {
      gate.open('outbox_full')
      logger.info('results were delivered: jobs are taken again', { outbox })
    }
  }
}
