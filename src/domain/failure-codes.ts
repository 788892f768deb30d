/** The failure codes a miner reports (coordinator API v1, section 5) and whether another miner may succeed. */
export const FAILURE_CODES = {
  E_UNSUPPORTED: { retryable: true },
  E_INVALID: { retryable: false },
  E_DENY: { retryable: true },
  E_INPUT: { retryable: true },
  E_NOGPU: { retryable: true },
  E_OOM: { retryable: true },
  E_TIMEOUT: { retryable: false },
  E_OUTPUT: { retryable: false },
  E_ENGINE: { retryable: true },
  E_CANCELED: { retryable: false },
  E_SHUTDOWN: { retryable: true },
} as const satisfies Record<string, { retryable: boolean }>

export type FailureCode = keyof typeof FAILURE_CODES

/** Why a job ended without a proof. `message` is written for the person who sent the job. */
export interface JobFailure {
  readonly code: FailureCode
  readonly message: string
  readonly retryable: boolean
}

/** Longest message of a failure: it may quote what a job holds, which can have megabytes. The API takes 8,192 characters. */
const MAX_MESSAGE = 4096

/** A failure; a message beyond 4,096 characters is cut. */
export function jobFailure(code: FailureCode, message: string): JobFailure {
  return { code, message: cut(message), retryable: FAILURE_CODES[code].retryable }
}

/** A failure on its way up the stack: thrown by a workload or an engine, reported to the coordinator by the worker. */
export class JobFailureError extends Error {
  override readonly name = 'JobFailureError'
  readonly failure: JobFailure

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    const failure = jobFailure(code, message)
    super(failure.message, options)
    this.failure = failure
  }
}

/** Without half of a character at the end. */
function cut(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1).toWellFormed()}…` : message
}
