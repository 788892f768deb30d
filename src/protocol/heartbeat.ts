import { z } from 'zod'
import { CapabilitiesSchema } from './capabilities.ts'
import { JsonObjectSchema } from './json-object.ts'
import { CountSchema, GpuFlagSchema, LeaseIdSchema, ModeSchema, NameSchema, QuantitySchema, UtcTimeSchema } from './primitives.ts'

/** A job that a miner holds, as a heartbeat lists it; its lease is renewed. */
export const HeartbeatJobSchema = z.object({
  id: z.string().min(1),
  lease_id: z.string().nullish(),
  state: z.string().max(32).nullish(),
  /** Share done, 0 to 1. */
  progress: z.number().min(0).max(1).nullish(),
})

/** What a GPU is doing. */
export const GpuLoadSchema = z.object({
  index: CountSchema,
  util_pct: QuantitySchema.nullish(),
  temp_c: z.number().nullish(),
  power_w: QuantitySchema.nullish(),
  vram_used_mb: QuantitySchema.nullish(),
})

/** A sign of life. Core: `miner_id`, `wallet`, `mode`, `gpu`. */
export const HeartbeatSchema = z.object({
  miner_id: NameSchema,
  wallet: NameSchema,
  mode: ModeSchema,
  gpu: GpuFlagSchema,
  status: z.enum(['online', 'draining', 'paused']).nullish(),
  slots: z.object({ total: CountSchema, busy: CountSchema }).nullish(),
  jobs: z.array(HeartbeatJobSchema).max(4096).nullish(),
  stats: JsonObjectSchema.nullish(),
  gpus: z.array(GpuLoadSchema).max(256).nullish(),
  capabilities: CapabilitiesSchema.nullish(),
})

/** A renewed lease. */
export const HeartbeatLeaseSchema = z.object({
  id: LeaseIdSchema,
  job_id: z.string().min(1),
  expires_at: UtcTimeSchema,
})

/** The answer to a heartbeat; every field may be missing, and so may the body (204). */
export const HeartbeatAnswerSchema = z.object({
  server_time: UtcTimeSchema.nullish(),
  leases: z.array(HeartbeatLeaseSchema).nullish(),
  /** Ids of jobs to give up. */
  cancel: z.array(z.string()).nullish(),
  /** True asks the miner to take no more jobs. */
  drain: z.boolean().nullish(),
})

export type WireHeartbeatJob = z.infer<typeof HeartbeatJobSchema>
export type WireHeartbeat = z.infer<typeof HeartbeatSchema>
export type WireHeartbeatLease = z.infer<typeof HeartbeatLeaseSchema>
export type WireHeartbeatAnswer = z.infer<typeof HeartbeatAnswerSchema>
