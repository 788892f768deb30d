import { CoordinatorFailure } from '../domain/coordinator-failure.ts'
import type { Logger } from '../domain/ports.ts'

/** The endpoints outside the core profile, each of which a coordinator may lack. */
export type OptionalEndpoint = 'register' | 'output' | 'fail' | 'events'

/** Codes with which an existing endpoint answers 404 for one job. */
const JOB_LEVEL_CODES = new Set(['JOB_NOT_FOUND', 'LEASE_LOST'])

/** Remembers for the session which endpoints this coordinator does not have, and says so once each. */
export class OptionalEndpoints {
  readonly #missing = new Set<OptionalEndpoint>()
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Makes the call unless the endpoint is known to be missing; null when it is, or turns out to be. */
  async call<T>(endpoint: OptionalEndpoint, make: () => Promise<T>): Promise<T | null> {
    if (this.#missing.has(endpoint)) return null
    try {
      return await make()
    } catch (error) {
      if (!isMissing(error)) throw error
      this.#missing.add(endpoint)
      this.#logger.info('coordinator lacks an optional endpoint: going on without it', { endpoint, status: error.status })
      return null
    }
  }
}

function isMissing(error: unknown): error is CoordinatorFailure {
  return error instanceof CoordinatorFailure && error.failureClass === 'missing' && !JOB_LEVEL_CODES.has(error.apiCode ?? '')
}
