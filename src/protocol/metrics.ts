import { z } from 'zod'
import { QuantitySchema } from './primitives.ts'

/** Measured facts of a run; names unknown to this version pass through. */
export const MetricsSchema = z
  .object({
    run_ms: QuantitySchema.nullish(),
    queue_ms: QuantitySchema.nullish(),
    tokens_per_s: QuantitySchema.nullish(),
    prompt_tokens: QuantitySchema.nullish(),
    completion_tokens: QuantitySchema.nullish(),
    energy_j: QuantitySchema.nullish(),
    tokens_per_kj: QuantitySchema.nullish(),
    /** Tokens a second ÷ TFLOP/s of the device in `torch_bench`. */
    tokens_per_tflop_s: QuantitySchema.nullish(),
    peak_ram_mb: QuantitySchema.nullish(),
    peak_vram_mb: QuantitySchema.nullish(),
  })
  .catchall(z.unknown())
