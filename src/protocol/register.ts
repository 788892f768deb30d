import { z } from 'zod'
import { NameSchema, UtcTimeSchema } from './primitives.ts'

/** The answer to `register`: the coordinator's clock and, where it has wishes, its pace in seconds. */
export const RegisterAnswerSchema = z.object({
  miner_id: NameSchema.nullish(),
  server_time: UtcTimeSchema.nullish(),
  heartbeat_secs: z.number().positive().nullish(),
  poll_wait_secs: z.number().nonnegative().nullish(),
})
