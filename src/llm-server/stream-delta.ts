import { z } from 'zod'
import { ServerFailure } from './server-failure.ts'
import { sentenceOf } from './server-sentence.ts'

/** What one event of a generation adds. */
export interface StreamDelta {
  readonly text: string
  /** Ids of the tokens that this event stands for; null where it tells none. */
  readonly tokenIds: readonly number[] | null
  readonly finish: Finish | null
  readonly usage: Usage | null
}

export interface Finish {
  /** In the server's words. */
  readonly reason: string
  /** Whether a token ended the text that stands last among the ids. */
  readonly hasEndToken: boolean
}

export interface Usage {
  readonly promptTokens: number
  readonly completionTokens: number
}

const count = z.int().min(0)
const ids = z.array(count)

const openAiChunk = z.object({
  choices: z
    .array(
      z.object({
        text: z.string().nullish(),
        delta: z.object({ content: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
        /** vLLM: the stop string, the id of a stop token, or null for the model's own end token. */
        stop_reason: z.union([z.string(), z.number()]).nullish(),
        /** The same in SGLang. */
        matched_stop: z.union([z.string(), z.number()]).nullish(),
        token_ids: ids.nullish(),
      }),
    )
    .nullish(),
  usage: z.object({ prompt_tokens: count, completion_tokens: count }).nullish(),
})

/** Makes what a server says fit to be shown. */
export type Present = (text: string) => string

/** One event of `/v1/completions` or `/v1/chat/completions`. Throws a `ServerFailure` for an error, and for what is neither. */
export function readOpenAiChunk(json: unknown, present: Present): StreamDelta {
  const { choices, usage } = parse(openAiChunk, json, present)
  // We ask for one.
  const choice = choices?.[0]
  const reason = choice?.finish_reason ?? null
  return {
    text: choice?.text ?? choice?.delta?.content ?? '',
    tokenIds: choice?.token_ids ?? null,
    finish:
      reason === null
        ? null
        : { reason, hasEndToken: reason === 'stop' && typeof (choice?.stop_reason ?? choice?.matched_stop) !== 'string' },
    usage: usage == null ? null : { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens },
  }
}

const nativeChunk = z.object({
  content: z.string(),
  tokens: ids,
  stop: z.boolean(),
  /** `eos`, `word` or `limit` in the last event. */
  stop_type: z.string().nullish(),
  tokens_predicted: count.nullish(),
  tokens_evaluated: count.nullish(),
})

/** One event of llama-server's own `/completion`. Throws as `readOpenAiChunk` does. */
export function readNativeChunk(json: unknown, present: Present): StreamDelta {
  const { content, tokens, stop, stop_type, tokens_predicted, tokens_evaluated } = parse(nativeChunk, json, present)
  const hasUsage = stop && tokens_predicted != null && tokens_evaluated != null
  return {
    text: content,
    tokenIds: tokens,
    finish: stop ? { reason: NATIVE_REASONS[stop_type ?? ''] ?? stop_type ?? 'unknown', hasEndToken: stop_type === 'eos' } : null,
    usage: hasUsage ? { promptTokens: tokens_evaluated, completionTokens: tokens_predicted } : null,
  }
}

const NATIVE_REASONS: Readonly<Record<string, string>> = { eos: 'stop', word: 'stop', limit: 'length' }

function parse<T>(schema: z.ZodType<T>, json: unknown, present: Present): T {
  const sentence = sentenceOf(json)
  if (sentence !== null) {
    const said = present(sentence)
    throw new ServerFailure(`the answer breaks off with an error: ${said}`, { kind: 'broken', said })
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw new ServerFailure('the answer has an event that is none of this API', { kind: 'garbled' })
  return parsed.data
}
