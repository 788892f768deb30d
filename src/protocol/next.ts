import { z } from 'zod'
import { JobSchema } from './job.ts'
import { CountSchema, NameSchema } from './primitives.ts'

/** The query of `next`, as strings on the wire. */
export const NextQuerySchema = z.object({
  miner: NameSchema,
  /** Free slots; absent means 1. */
  slots: z.coerce.number().int().min(0).max(4096).default(1),
  /** Seconds that the coordinator may hold the request. */
  wait: z.coerce.number().min(0).max(3600).default(0),
  /** Comma-separated names; absent means all that the miner reported. */
  workloads: z.string().max(4096).optional(),
})

/** No job: how many queued jobs this miner was passed over for, by reason. Any 200 body without `id` is one. */
export const NoJobSchema = z.object({
  skipped: z.record(z.string(), CountSchema).nullish(),
})

/** The answer to `next`. A body with an `id` is a job, and one that does not fit `JobSchema` is malformed, not "none". */
export const NextAnswerSchema = z.union([JobSchema, NoJobSchema])

export type WireNoJob = z.infer<typeof NoJobSchema>

/** True when a `next` answer offers a job, well-formed or not: an object that has an `id`. */
export function offersJob(body: unknown): body is { readonly id: unknown } {
  return (
    typeof body === 'object' &&
    body !== null &&
    Object.hasOwn(body, 'id') &&
    'id' in body &&
    body.id !== null &&
    body.id !== undefined
  )
}
