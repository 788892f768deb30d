import { z } from 'zod'
import { MetricsSchema } from './metrics.ts'
import { NameSchema } from './primitives.ts'

/** Why a miner could not do a job. */
export const FailureCodeSchema = z.enum([
  'E_UNSUPPORTED',
  'E_INVALID',
  'E_DENY',
  'E_INPUT',
  'E_NOGPU',
  'E_OOM',
  'E_TIMEOUT',
  'E_OUTPUT',
  'E_ENGINE',
  'E_CANCELED',
  'E_SHUTDOWN',
])

/** A failure; `retryable` says whether another miner may succeed. */
export const JobFailureSchema = z.object({
  code: FailureCodeSchema,
  message: z.string().max(8192),
  retryable: z.boolean(),
})

/** That a job ended without a proof. */
export const FailSchema = z.object({
  id: z.string().min(1),
  miner_id: NameSchema.nullish(),
  lease_id: z.string().nullish(),
  attempt: z.int().positive().nullish(),
  error: JobFailureSchema,
  metrics: MetricsSchema.nullish(),
})

/** The answer to a taken failure: where the job went. */
export const FailAnswerSchema = z.object({
  id: z.string(),
  state: z.string(),
  attempt: z.int().positive().nullish(),
})

export type WireFailureCode = z.infer<typeof FailureCodeSchema>
export type WireFail = z.infer<typeof FailSchema>
export type WireFailAnswer = z.infer<typeof FailAnswerSchema>
