import { z } from 'zod'
import { ServerFailure } from './server-failure.ts'

/** A model that a server offers. */
export interface ServerModel {
  /** As requests name it. */
  readonly name: string
  /** Tokens of a prompt and its answer together; null where the server does not tell. */
  readonly contextTokens: number | null
}

export interface ModelList {
  readonly models: readonly ServerModel[]
  /** Who it says made or runs the first model: what tells servers apart. */
  readonly ownedBy: string | null
}

/** More than that is no server of one operator, and would not fit into the capabilities. */
const MAX_MODELS = 1000

const tokens = z.int().positive()

const entry = z.object({
  // A job cannot name a longer one, and a log must stay in its lines.
  id: z
    .string()
    .max(200)
    .regex(/^[^\p{Cc}]+$/u),
  owned_by: z.string().nullish(),
  /** vLLM and SGLang. */
  max_model_len: tokens.nullish().catch(null),
  /** llama-server: the context of one slot, and the model's own. */
  meta: z
    .object({ n_ctx: tokens.nullish().catch(null), n_ctx_train: tokens.nullish().catch(null) })
    .nullish()
    .catch(null),
})

const answer = z.object({
  /** Null on an Ollama without models. */
  data: z.array(z.unknown()).max(MAX_MODELS).nullable(),
})

/** Reads the answer of `GET /v1/models`; entries that no job could name are left out. Throws a `ServerFailure`. */
export function readModelList(body: unknown): ModelList {
  const parsed = answer.safeParse(body)
  if (!parsed.success) throw new ServerFailure('GET /v1/models: the answer is no list of models', { kind: 'garbled' })
  const entries = (parsed.data.data ?? []).flatMap((value) => {
    const read = entry.safeParse(value)
    return read.success ? [read.data] : []
  })
  return {
    models: entries.map(({ id, max_model_len, meta }) => ({
      name: id,
      contextTokens: max_model_len ?? meta?.n_ctx ?? meta?.n_ctx_train ?? null,
    })),
    ownedBy: entries[0]?.owned_by ?? null,
  }
}

/** How many names fit into a sentence. */
const MAX_LISTED = 20

/** Their names, for people. */
export function listed(models: readonly ServerModel[]): string {
  const names = models.slice(0, MAX_LISTED).map(({ name }) => name)
  const others = models.length - names.length
  return names.join(', ') + (others === 0 ? '' : ` and ${others} more`)
}
