import { CoordinatorFailure } from '../domain/coordinator-failure.ts'
import type { Logger } from '../domain/ports.ts'

/** The endpoints outside the core profile, each of which a coordinator may lack. */
export type OptionalEndpoint = 'register' | 'output' | 'fail' | 'events'

/** Codes with which an existing endpoint answers 404 for one job. */
const JOB_LEVEL_CODES = new Set(['JOB_NOT_FOUND', 'LEASE_LOST'])

/**
 * Remembers for the session which endpoints this coordinator does not have, and says so once each. One that has worked is
 * never taken for missing: a proxy that answers 404 while the coordinator is deployed anew must not cost the session its reports.
 */
export class OptionalEndpoints {
  readonly #present = new Set<OptionalEndpoint>()
  readonly #missing = new Set<OptionalEndpoint>()
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Makes the call unless the endpoint is known to be missing; null when it is, or turns out to be. Rejects as the call does. */
  async call<T>(endpoint: OptionalEndpoint, make: () => Promise<T>): Promise<T | null> {
    if (this.#missing.has(endpoint)) return null
    try {
      const answer = await make()
      this.#present.add(endpoint)
      return answer
    } catch (error) {
      if (isJobLevel(error)) this.#present.add(endpoint)
      if (this.#present.has(endpoint) || !isMissing(error)) throw error
      this.#missing.add(endpoint)
      this.#logger.info('coordinator lacks an optional endpoint: going on without it', { endpoint, status: error.status })
      return null
    }
  }
}

function isMissing(error: unknown): error is CoordinatorFailure {
  return error instanceof CoordinatorFailure && error.failureClass === 'missing'
}

function isJobLevel(error: unknown): boolean {
  return error instanceof CoordinatorFailure && JOB_LEVEL_CODES.has(error.apiCode ?? '')
}
