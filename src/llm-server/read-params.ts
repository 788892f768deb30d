import { JobFailureError } from '../domain/failure-codes.ts'
import { llmGenParams } from '../workloads/llm-gen/schema.ts'
import type { LlmGenParams } from '../workloads/llm-gen/schema.ts'

/** How many problems a failure names; the rest follows from them, or is more of the same. */
const MAX_PROBLEMS = 20

/** Params of `llm_gen` with their defaults. Throws `E_INVALID` with every problem, `E_DENY` for a longer prompt than the operator takes. */
export function readParams(given: unknown, maxPromptBytes: number): LlmGenParams {
  const parsed = llmGenParams.safeParse(given)
  if (!parsed.success) {
    const problems = parsed.error.issues
      .slice(0, MAX_PROBLEMS)
      .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    throw new JobFailureError('E_INVALID', `params do not fit llm_gen: ${problems.join('; ')}`)
  }
  const promptBytes = bytesOf(parsed.data)
  if (promptBytes > maxPromptBytes) {
    throw new JobFailureError('E_DENY', `the prompt has ${promptBytes} bytes, and this miner takes at most ${maxPromptBytes}`)
  }
  return parsed.data
}

function bytesOf({ prompt = '', messages = [] }: LlmGenParams): number {
  return messages.reduce((bytes, { content }) => bytes + Buffer.byteLength(content), Buffer.byteLength(prompt))
}
