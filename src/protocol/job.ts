import { z } from 'zod'
import { JsonObjectSchema } from './json-object.ts'
import {
  CountSchema,
  JobIdSchema,
  LeaseIdSchema,
  MediaTypeSchema,
  MoneySchema,
  MoneyUnitSchema,
  QuantitySchema,
  Sha256Schema,
  UtcTimeSchema,
  WorkloadNameSchema,
} from './primitives.ts'

/** A workload's own parameters; absent means `{}`. */
export const ParamsSchema = JsonObjectSchema.nullish().transform((params) => params ?? {})

/** A model that a job runs on. */
export const ModelRefSchema = z.object({
  name: z.string().max(256).nullish(),
  uri: z.string().max(4096).nullish(),
  sha256: Sha256Schema.nullish(),
  bytes: CountSchema.nullish(),
})

/** A file that a job reads. */
export const InputRefSchema = z.object({
  name: z.string().min(1).max(256),
  uri: z.string().min(1).max(4096),
  sha256: Sha256Schema.nullish(),
  bytes: CountSchema.nullish(),
  media_type: MediaTypeSchema.nullish(),
})

/** What a job may use at most. */
export const JobLimitsSchema = z.object({
  max_runtime_s: z.number().positive().nullish(),
  vram_mb: QuantitySchema.nullish(),
  ram_mb: QuantitySchema.nullish(),
  max_output_bytes: CountSchema.nullish(),
})

/** A miner's right to a job, until `expires_at` unless a heartbeat renews it. */
export const LeaseSchema = z.object({ id: LeaseIdSchema, expires_at: UtcTimeSchema })

/** What a job pays. */
export const RewardSchema = z.object({ amount: MoneySchema, unit: MoneyUnitSchema })

/** A job as the coordinator hands it to a miner. Core: `id`, `workload`, `params` (absent means `{}`); null means absent. */
export const JobSchema = z.object({
  id: JobIdSchema,
  /** A copy of `id`, for miners that look for it. */
  job_id: z.string().nullish(),
  workload: WorkloadNameSchema,
  params: ParamsSchema,
  model: ModelRefSchema.nullish(),
  inputs: z.array(InputRefSchema).max(64).nullish(),
  limits: JobLimitsSchema.nullish(),
  lease: LeaseSchema.nullish(),
  attempt: z.int().positive().nullish(),
  reward: RewardSchema.nullish(),
  created_at: UtcTimeSchema.nullish(),
  deadline: UtcTimeSchema.nullish(),
  /** True when a proof without the output's bytes is not taken. */
  require_output: z.boolean().nullish(),
})

export type WireJob = z.infer<typeof JobSchema>
