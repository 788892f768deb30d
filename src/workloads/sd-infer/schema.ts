import { z } from 'zod'

/** Longest prompt in UTF-16 units. A model reads 75 tokens of it; the rest is cut off, and this much is surely a mistake. */
const MAX_PROMPT = 16_000
/** Largest width and height. Memory grows with the fourth power of the side: 2,048 are 65,536 places that each look at all others. */
const MAX_SIDE = 2048

/** As many as a model was trained with, as a rule: more add nothing. */
const MAX_STEPS = 1000

const prompt = z
  .string()
  .max(MAX_PROMPT, { error: `has more than ${MAX_PROMPT} characters: a model reads the first 75 tokens, so shorten it` })

const side = z
  .int({ error: 'must be a whole number of pixels' })
  .min(8, { error: 'must be at least 8 pixels' })
  .max(MAX_SIDE, { error: `must be at most ${MAX_SIDE} pixels: draw a smaller picture and enlarge it` })

/** The schedulers there are, by the names that jobs use. */
export const schedulerName = z.enum(['ddim', 'euler', 'euler_a', 'dpmpp_2m', 'lcm'])

export type SchedulerName = z.infer<typeof schedulerName>

/**
 * Params of `sd_infer` (coordinator API v1, section 6). Unknown ones are ignored.
 *
 * The output is a PNG of 8 bits a channel, RGB, encoded in one fixed way: the same pixels are the same bytes. Noise depends on
 * `seed` alone (`noise/gaussian-noise.ts`), so the same params on the same kind of device give the same picture, and on another kind
 * one that differs by rounding.
 */
export const sdInferParams = z.object({
  /** Read up to the model's length, 75 tokens as a rule. Empty: the model draws what it likes. */
  prompt,
  /** What guidance leads away from. */
  negative_prompt: prompt.default(''),
  /** Pixels, a multiple of what the model can draw (8 for most). Absent: the model's own size. */
  width: side.optional(),
  height: side.optional(),
  steps: z
    .int({ error: 'must be a whole number' })
    .min(1, { error: 'must be at least 1' })
    .max(MAX_STEPS, { error: `must be at most ${MAX_STEPS}` })
    .default(20),
  /** How far each step is led by the prompt. Up to 1: not at all, at half the work; `negative_prompt` is then unused. */
  guidance_scale: z.number().min(0).max(100).default(7.5),
  scheduler: schedulerName.default('euler'),
  seed: z.int().min(0).max(0xffff_ffff).default(0),
  /** Name of a model; the job's own `model` goes before it. */
  model: z.string().min(1).max(200).optional(),
})

export type SdInferParams = z.infer<typeof sdInferParams>

/** What the operator's limits are held against. */
export interface SdInferSize {
  /** UTF-8 bytes of both prompts. */
  readonly promptBytes: number
  /** Of the picture, as a square where one side is given; 0 where the model decides. */
  readonly imagePixels: number
}

/** How much a job asks for. */
export function sdInferSize({ prompt, negative_prompt, width, height }: SdInferParams): SdInferSize {
  const encoder = new TextEncoder()
  return {
    promptBytes: encoder.encode(prompt).length + encoder.encode(negative_prompt).length,
    imagePixels: (width ?? height ?? 0) * (height ?? width ?? 0),
  }
}
