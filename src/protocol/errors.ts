import { z } from 'zod'

/** Every code of the API's errors, with the status it travels with. */
export const API_ERRORS = {
  BAD_REQUEST: { status: 400 },
  UNAUTHORIZED: { status: 401 },
  FORBIDDEN: { status: 403 },
  NOT_FOUND: { status: 404 },
  JOB_NOT_FOUND: { status: 404 },
  IDEMPOTENCY_IN_FLIGHT: { status: 409 },
  JOB_ALREADY_PROVEN: { status: 409 },
  JOB_NOT_READY: { status: 409 },
  LEASE_LOST: { status: 409 },
  PAYLOAD_TOO_LARGE: { status: 413 },
  BAD_SIGNATURE: { status: 422 },
  DIGEST_MISMATCH: { status: 422 },
  IDEMPOTENCY_KEY_REUSED: { status: 422 },
  INVALID_PAYLOAD: { status: 422 },
  OUTPUT_SHA_MISMATCH: { status: 422 },
  RATE_LIMITED: { status: 429 },
  INTERNAL: { status: 500 },
  UNAVAILABLE: { status: 503 },
} as const satisfies Record<string, { status: number }>

export type ApiErrorCode = keyof typeof API_ERRORS

/** The body of every answer that is not 2xx. Codes unknown to this version are valid. */
export const ErrorBodySchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()).nullish(),
  }),
})

export type WireErrorBody = z.infer<typeof ErrorBodySchema>
