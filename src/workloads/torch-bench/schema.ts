import { z } from 'zod'

/** Largest matrix for which every sum stays an exact float32 integer: 4096 · 63 · 63 + 4095 < 2^24. */
export const MAX_SIZE = 4096

/**
 * Params of `torch_bench` (coordinator API v1, section 6). Unknown ones are ignored.
 *
 * The output is canonical JSON `{"checksum", "dtype", "iterations", "seed", "size"}`; `recurrence.ts` tells what the checksum is of.
 */
export const torchBenchParams = z.object({
  /** Rows and columns. */
  size: z.int().min(1).max(MAX_SIZE).default(1024),
  iterations: z.int().min(1).max(1_000_000).default(100),
  dtype: z.enum(['float16', 'bfloat16', 'float32', 'float64']).default('float32'),
  seed: z.int().min(0).max(0xffff_ffff).default(0),
})

export type TorchBenchParams = z.infer<typeof torchBenchParams>

/** Why this miner cannot do what the params ask for, though they are valid; null if it can. */
export function unsupportedTorchBench(params: TorchBenchParams): string | null {
  return params.dtype === 'float32' ? null : `dtype ${params.dtype} is not offered by this miner: use float32`
}
