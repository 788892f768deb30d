import { z } from 'zod'
import {
  CountSchema,
  GpuFlagSchema,
  ModeSchema,
  NameSchema,
  QuantitySchema,
  Sha256Schema,
  WorkloadNameSchema,
} from './primitives.ts'

/** What a miner allows one job to use. */
export const MinerLimitsSchema = z.object({
  vram_mb: QuantitySchema.nullish(),
  ram_mb: QuantitySchema.nullish(),
  max_runtime_s: QuantitySchema.nullish(),
  max_output_bytes: CountSchema.nullish(),
})

/** One GPU of a miner. */
export const GpuSchema = z.object({
  index: CountSchema,
  uuid: z.string().max(128).nullish(),
  name: z.string().max(256).nullish(),
  vram_mb: QuantitySchema.nullish(),
  driver: z.string().max(128).nullish(),
  backend: z.string().max(64).nullish(),
})

/** A model that a miner has at hand. */
export const MinerModelSchema = z.object({
  name: z.string().max(256),
  sha256: Sha256Schema.nullish(),
  workload: WorkloadNameSchema.nullish(),
  loaded: z.boolean().nullish(),
})

/** An Ed25519 key of 32 bytes as `ed25519:` and base64url without padding. */
export const PublicKeySchema = z.string().regex(/^ed25519:[A-Za-z0-9_-]{43}$/, 'must be ed25519:<base64url of 32 bytes>')

/** What a miner offers: the body of `register`, and part of a heartbeat when it changed. */
export const CapabilitiesSchema = z.object({
  miner_id: NameSchema,
  mode: ModeSchema,
  gpu: GpuFlagSchema,
  concurrency: z.int().positive().nullish(),
  workloads: z.array(WorkloadNameSchema).max(256).nullish(),
  limits: MinerLimitsSchema.nullish(),
  version: z.string().max(64).nullish(),
  gpus: z.array(GpuSchema).max(256).nullish(),
  cpu: z
    .object({ model: z.string().max(256).nullish(), cores: CountSchema.nullish(), arch: z.string().max(64).nullish() })
    .nullish(),
  models: z.array(MinerModelSchema).max(4096).nullish(),
  /** Benchmark figures by name. */
  bench: z.record(z.string(), z.number()).nullish(),
  public_key: PublicKeySchema.nullish(),
})

export type WireCapabilities = z.infer<typeof CapabilitiesSchema>
