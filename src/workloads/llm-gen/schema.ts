import { z } from 'zod'
import { grammarProblem } from './gbnf/grammar-problem.ts'
import { jsonSchema } from './json-schema.ts'

/** Longest text taken as a prompt, or in one message, in UTF-16 units: far above any context there is, far below memory. */
const MAX_TEXT = 4_000_000

const text = z.string().max(MAX_TEXT)

const message = z.object({ role: z.enum(['system', 'user', 'assistant']), content: text })

/**
 * Params of `llm_gen` (coordinator API v1, section 6). Unknown ones are ignored.
 *
 * The output is canonical JSON `{"finish_reason", "text", "tokens"}`. `tokens` holds the generated token ids, so that whoever
 * has the model can check them one by one; the token that ends the generation is in neither `tokens` nor `text`, and a stop
 * string is cut from `text`. `finish_reason` is `stop` for such an end or a stop string, and `length` at `max_tokens` or a full context.
 */
export const llmGenParams = z
  .object({
    /** Text to continue. Control tokens written out in it (`<|im_start|>`) are read as such. */
    prompt: text.min(1).optional(),
    /** A conversation, laid out by the model's own chat template. */
    messages: z.array(message).min(1).max(1000).optional(),
    /** Name of a model; the job's own `model` goes before it. */
    model: z.string().min(1).max(200).optional(),
    max_tokens: z.int().min(1).max(131_072).default(256),
    /** 0 takes the likeliest token each time. */
    temperature: z.number().min(0).max(10).default(0),
    top_p: z.number().gt(0).max(1).default(1),
    /** 0 sets no such bound. */
    top_k: z.int().min(0).max(1_000_000).default(40),
    min_p: z.number().min(0).max(1).default(0),
    /** 1 is none; over the last 64 tokens. */
    repeat_penalty: z.number().gt(0).max(10).default(1),
    /** Begins the random numbers of this job's own sampler; of no account at temperature 0. 2^32 - 1 is the same as 0. */
    seed: z.int().min(0).max(0xffff_ffff).default(0),
    /**
     * Computes the text apart from other jobs and from kept results, slower, so that it is the same whatever else the miner
     * does. Without it, jobs are computed together, and rounding can differ with the company: docs/determinism.md.
     */
    deterministic: z.boolean().default(false),
    /** Texts that end the generation. */
    stop: z.array(z.string().min(1).max(1000)).max(16).default([]),
    json_schema: jsonSchema.optional(),
    /** GBNF, as llama.cpp reads it, with a rule `root`. */
    grammar: z
      .string()
      .min(1)
      .max(100_000)
      .superRefine((grammar, context) => {
        const problem = grammarProblem(grammar)
        if (problem !== null) context.addIssue({ code: 'custom', message: problem })
      })
      .optional(),
  })
  .refine((params) => (params.prompt === undefined) !== (params.messages === undefined), {
    error: 'give exactly one of prompt and messages',
  })
  .refine((params) => params.json_schema === undefined || params.grammar === undefined, {
    error: 'give at most one of json_schema and grammar',
  })

export type LlmGenParams = z.infer<typeof llmGenParams>

/** Size of all text that the model is to read, in bytes of UTF-8. */
export function llmGenPromptBytes({ prompt, messages }: Pick<LlmGenParams, 'prompt' | 'messages'>): number {
  const texts = [prompt ?? '', ...(messages ?? []).map(({ content }) => content)]
  return texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0)
}
