import { z } from 'zod'
import { InputRefSchema, JobLimitsSchema, JobSchema, ModelRefSchema, ParamsSchema, RewardSchema } from './job.ts'
import { CountSchema, QuantitySchema, Sha256Schema, WorkloadNameSchema } from './primitives.ts'
import { ReceiptSchema } from './proof.ts'

/** The way of a job: queued, leased, then one of the final states; a lost lease goes back to queued. */
export const JobStateSchema = z.enum(['queued', 'leased', 'completed', 'failed', 'canceled', 'expired'])

/** Which miners a job is offered to. */
export const RequirementsSchema = z.object({
  gpu: z.boolean().nullish(),
  vram_mb: QuantitySchema.nullish(),
  /** Name or sha256 of a model that the miner must have. */
  model: z.string().max(256).nullish(),
})

/** A job as a client submits it. */
export const JobSubmissionSchema = z.object({
  workload: WorkloadNameSchema,
  params: ParamsSchema,
  model: ModelRefSchema.nullish(),
  inputs: z.array(InputRefSchema).max(64).nullish(),
  limits: JobLimitsSchema.nullish(),
  requirements: RequirementsSchema.nullish(),
  reward: RewardSchema.nullish(),
  /** Seconds after which the job is given up. */
  ttl_s: z.number().positive().max(31_536_000).nullish(),
  require_output: z.boolean().nullish(),
})

/** Why a job has no output; `code` is a failure code or the coordinator's own. */
export const JobViewErrorSchema = z.object({ code: z.string(), message: z.string(), retryable: z.boolean() })

/** An output that `GET /v1/jobs/{id}/output` serves. */
export const JobViewOutputSchema = z.object({
  media_type: z.string(),
  bytes: CountSchema,
  sha256: Sha256Schema,
  url: z.string(),
})

/** A job as its client sees it. */
export const JobViewSchema = JobSchema.extend({
  state: JobStateSchema,
  miner_id: z.string().nullish(),
  error: JobViewErrorSchema.nullish(),
  output: JobViewOutputSchema.nullish(),
  receipt: ReceiptSchema.nullish(),
  events_url: z.string(),
})

/** A page of jobs, newest first; `next_cursor` is null on the last page. */
export const JobsPageSchema = z.object({ jobs: z.array(JobViewSchema), next_cursor: z.string().nullable() })

export type WireJobState = z.infer<typeof JobStateSchema>
export type WireJobSubmission = z.infer<typeof JobSubmissionSchema>
export type WireJobViewError = z.infer<typeof JobViewErrorSchema>
export type WireJobView = z.infer<typeof JobViewSchema>
export type WireJobsPage = z.infer<typeof JobsPageSchema>
