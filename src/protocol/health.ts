import { z } from 'zod'
import { CountSchema, QuantitySchema } from './primitives.ts'

/** The answer of `/health`. */
export const HealthSchema = z.object({
  status: z.literal('ok'),
  version: z.string(),
  uptime_s: QuantitySchema,
  jobs: z.object({ queued: CountSchema, running: CountSchema }),
})
