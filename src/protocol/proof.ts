import { z } from 'zod'
import { RewardSchema } from './job.ts'
import { MetricsSchema } from './metrics.ts'
import {
  CountSchema,
  MediaTypeSchema,
  ModeSchema,
  MoneySchema,
  MoneyUnitSchema,
  NameSchema,
  Sha256Schema,
  UtcTimeSchema,
} from './primitives.ts'

/** The largest output that travels inside its proof; a larger one is uploaded first. */
export const MAX_INLINE_OUTPUT_BYTES = 64 * 1024

/** An output inside its proof. */
export const InlineOutputSchema = z.object({ encoding: z.enum(['utf8', 'base64']), data: z.string() })

/** What a proof tells of its output. Without `inline`, the bytes were uploaded. */
export const ProofOutputSchema = z.object({
  media_type: MediaTypeSchema,
  bytes: CountSchema,
  inline: InlineOutputSchema.nullish(),
})

/** Proof of compute: a signature over `PocPayload` with the node's Ed25519 key, key and signature in base64url. */
export const PocSchema = z.object({
  alg: z.literal('ed25519'),
  public_key: z.string().min(1).max(256),
  input_sha: Sha256Schema,
  env_sha: Sha256Schema,
  signature: z.string().min(1).max(256),
})

/** That a job was done, and what came out. Core: `id`, `mode`, `output_sha`, `metrics`. */
export const ProofSchema = z.object({
  id: z.string().min(1),
  miner_id: NameSchema.nullish(),
  mode: ModeSchema,
  output_sha: Sha256Schema,
  metrics: MetricsSchema,
  lease_id: z.string().nullish(),
  attempt: z.int().positive().nullish(),
  started_at: UtcTimeSchema.nullish(),
  finished_at: UtcTimeSchema.nullish(),
  output: ProofOutputSchema.nullish(),
  poc: PocSchema.nullish(),
})

/** The answer to an accepted proof. `reward` is `{amount, unit}`; a bare decimal string is understood. */
export const ReceiptSchema = z.object({
  id: z.string(),
  status: z.literal('accepted'),
  output_sha: Sha256Schema,
  reward: z.union([RewardSchema, MoneySchema]).nullish(),
  balance: MoneySchema.nullish(),
  unit: MoneyUnitSchema.nullish(),
})

/** What `poc.signature` signs, as RFC 8785 canonical JSON. A field that the proof leaves out is null. */
export interface PocPayload {
  readonly id: string
  readonly lease_id: string | null
  readonly attempt: number | null
  readonly output_sha: string
  readonly input_sha: string
  readonly env_sha: string
  readonly started_at: string | null
  readonly finished_at: string | null
}

export type WireProofOutput = z.infer<typeof ProofOutputSchema>
export type WireProof = z.infer<typeof ProofSchema>
export type WireReceipt = z.infer<typeof ReceiptSchema>
