import { z } from 'zod'
import { CountSchema, UtcTimeSchema } from '../../src/protocol/primitives.ts'

/** The plan in force and what came of it so far. */
export const FaultReportSchema = z.object({
  /** Null without a plan. */
  seed: CountSchema.nullable(),
  /** By all rules together. */
  injected: CountSchema,
  rules: z.array(
    z.object({
      name: z.string(),
      /** Calls that the rule was asked about. */
      calls: CountSchema,
      injected: CountSchema,
      /** As in the plan, defaults filled in. */
      rule: z.record(z.string(), z.unknown()),
    }),
  ),
  revoked_keys: z.array(
    z.object({
      /** The first characters of the key's fingerprint. */
      key_id: z.string(),
      rule: z.string(),
      /** Null until the plan is replaced. */
      until: UtcTimeSchema.nullable(),
      /** Calls refused since. */
      refused: CountSchema,
    }),
  ),
})

export type FaultReport = z.infer<typeof FaultReportSchema>
