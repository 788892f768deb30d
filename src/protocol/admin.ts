import { z } from 'zod'
import { CapabilitiesSchema } from './capabilities.ts'
import { HeartbeatSchema } from './heartbeat.ts'
import { CountSchema, QuantitySchema, UtcTimeSchema } from './primitives.ts'

/** Percentiles in milliseconds; null before there is anything to measure. */
export const PercentilesSchema = z.object({
  p50: QuantitySchema.nullable(),
  p90: QuantitySchema.nullable(),
  p99: QuantitySchema.nullable(),
})

/** How the coordinator is doing. */
export const StatsSchema = z.object({
  queue_depth: CountSchema,
  jobs: z.record(z.string(), CountSchema),
  miners: z.object({ online: CountSchema, total: CountSchema }),
  /** Completed jobs among all that ended as completed or failed; null before the first. */
  success_rate: z.number().min(0).max(1).nullable(),
  /** From submission to the accepted proof, over the last jobs. */
  latency_ms: PercentilesSchema,
  /** From submission to the first lease, over the last jobs. */
  pickup_ms: PercentilesSchema,
})

/** A miner as the coordinator knows it. */
export const MinerViewSchema = z.object({
  miner_id: z.string(),
  wallet: z.string().nullable(),
  online: z.boolean(),
  /** A fingerprint of the API key, never the key. */
  key_id: z.string(),
  last_seen_at: UtcTimeSchema,
  last_heartbeat: HeartbeatSchema.nullable(),
  capabilities: CapabilitiesSchema.nullable(),
  leased: CountSchema,
})

/** All miners. */
export const MinersSchema = z.object({ miners: z.array(MinerViewSchema) })

export type WireStats = z.infer<typeof StatsSchema>
export type WireMiners = z.infer<typeof MinersSchema>
