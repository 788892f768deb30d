import type { RunResult } from '../domain/engine.ts'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { JobMetrics } from '../domain/outcome.ts'
import type { Timed } from './generate-with-retries.ts'
import type { Generated } from './generation.ts'
import type { ServerModel } from './model-list.ts'
import type { ReadyServer } from './server-watch.ts'

/** Throws `E_ENGINE` for a text that a schema was asked for and that is no JSON: a server that ignores the schema would not say so. */
export function checkJson({ text, finishReason }: Generated): void {
  if (finishReason === 'length') return
  try {
    JSON.parse(text)
  } catch (cause) {
    throw new JobFailureError('E_ENGINE', 'the language-model server did not keep to json_schema: its text is no JSON', { cause })
  }
}

/** What was counted and timed; absent where the server does not count. */
export function metricsOf({ generated, firstTokenMs, totalMs }: Timed): JobMetrics {
  const { usage, tokens } = generated
  const completionTokens = usage?.completionTokens ?? (tokens.length > 0 ? tokens.length : null)
  return {
    ...(usage === null ? {} : { prompt_tokens: usage.promptTokens }),
    ...(completionTokens === null ? {} : { completion_tokens: completionTokens }),
    ...(completionTokens === null || totalMs === 0 ? {} : { tokens_per_s: completionTokens / (totalMs / 1000) }),
    ...(firstTokenMs === null ? {} : { first_token_ms: firstTokenMs }),
  }
}

/** Who made the text. The address of the server is its operator's own business. */
export function environmentOf({ identity }: ReadyServer, model: ServerModel): RunResult['environment'] {
  return {
    engine: 'openai-http',
    server: identity.kind,
    ...(identity.version === null ? {} : { server_version: identity.version }),
    model: model.name,
    ...(model.contextTokens === null ? {} : { context_tokens: model.contextTokens }),
  }
}
