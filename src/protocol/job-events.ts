import { z } from 'zod'
import { CountSchema, UtcTimeSchema } from './primitives.ts'

/** Something a running job tells: a token of text, a share done, a line of log. `seq` rises by one per job and attempt. */
export const JobEventSchema = z.object({
  seq: CountSchema,
  at: UtcTimeSchema,
  type: z.enum(['token', 'progress', 'log']),
  data: z.unknown(),
})

/** A batch of events, sent with best effort. */
export const JobEventsSchema = z.array(JobEventSchema).max(4096)

/** The answer to a batch: how many were new. */
export const JobEventsAnswerSchema = z.object({ accepted: CountSchema })

export type WireJobEvents = z.infer<typeof JobEventsSchema>
