import { AitbcError } from './errors.ts'
import type { ErrorCode } from './errors.ts'

/**
 * What a failed call means for the caller.
 *
 * - unreachable: no answer (DNS, connection, TLS, timeout): every call will fare alike, so wait for all of them
 * - overloaded: 429, 502, 503, 504: likewise, and `retryAfterMs` may say how long
 * - unauthorized: 401, 403 on heartbeat or next: the key is wrong; the operator must act, so wait long
 * - missing: 404, 405, 501: the coordinator does not have this endpoint
 * - rejected: the coordinator understood and refused this one call, or what it was to carry cannot be read here
 * - garbled: an answer that is not the API's
 */
export type FailureClass = 'unreachable' | 'overloaded' | 'unauthorized' | 'missing' | 'rejected' | 'garbled'

const ERROR_CODES: Record<FailureClass, ErrorCode> = {
  unreachable: 'AITBC_COORD_UNREACHABLE',
  overloaded: 'AITBC_COORD_UNREACHABLE',
  unauthorized: 'AITBC_COORD_AUTH',
  missing: 'AITBC_COORD_REJECTED',
  rejected: 'AITBC_COORD_REJECTED',
  garbled: 'AITBC_COORD_ANSWER',
}

export interface CoordinatorFailureDetails {
  readonly failureClass: FailureClass
  readonly status: number | null
  /** The coordinator's own error code, e.g. `LEASE_LOST`. */
  readonly apiCode: string | null
  readonly retryAfterMs: number | null
}

/** A call to the coordinator that did not succeed. Decisions read `failureClass` and `apiCode`, never the message. */
export class CoordinatorFailure extends AitbcError {
  readonly failureClass: FailureClass
  readonly status: number | null
  readonly apiCode: string | null
  readonly retryAfterMs: number | null

  constructor(message: string, details: CoordinatorFailureDetails, options: ErrorOptions = {}) {
    super(ERROR_CODES[details.failureClass], message, options)
    this.failureClass = details.failureClass
    this.status = details.status
    this.apiCode = details.apiCode
    this.retryAfterMs = details.retryAfterMs
  }

  /** True when other calls will fail for the same cause, so that all should wait. */
  get isGeneral(): boolean {
    return this.failureClass === 'unreachable' || this.failureClass === 'overloaded' || this.failureClass === 'unauthorized'
  }
}
