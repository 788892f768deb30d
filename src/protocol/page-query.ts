import { z } from 'zod'
import { NameSchema, WorkloadNameSchema } from './primitives.ts'

const PageFields = {
  /** `next_cursor` of the page before. */
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'must be the next_cursor of an earlier page')
    .optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
}

/** The query of `wallet/balance`. */
export const BalanceQuerySchema = z.object({ wallet: NameSchema.optional() })

/** The query of `wallet/ledger`. */
export const LedgerQuerySchema = z.object({ wallet: NameSchema.optional(), ...PageFields })

/** The query of `jobs`. */
export const JobsQuerySchema = z.object({
  state: z.enum(['queued', 'leased', 'completed', 'failed', 'canceled', 'expired']).optional(),
  workload: WorkloadNameSchema.optional(),
  ...PageFields,
})

export type WireLedgerQuery = z.infer<typeof LedgerQuerySchema>
export type WireJobsQuery = z.infer<typeof JobsQuerySchema>
