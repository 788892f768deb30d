import { API_ERRORS } from '../src/protocol/errors.ts'
import type { ApiErrorCode, WireErrorBody } from '../src/protocol/errors.ts'

/** A refusal that travels to the caller in the API's error shape. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ApiErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ApiErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.code = code
    this.details = details
  }

  get status(): number {
    return API_ERRORS[this.code].status
  }

  toBody(): WireErrorBody {
    return { error: { code: this.code, message: this.message, details: { ...this.details } } }
  }
}
