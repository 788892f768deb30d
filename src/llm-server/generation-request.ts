import { JobFailureError } from '../domain/failure-codes.ts'
import type { LlmGenParams } from '../workloads/llm-gen/schema.ts'
import type { Dialect, Endpoint } from './dialect.ts'

/** A request to a language-model server, ready to be sent. */
export interface GenerationRequest {
  readonly path: '/v1/completions' | '/v1/chat/completions' | '/completion'
  readonly body: Readonly<Record<string, unknown>>
  /** Fields of the body that the job asks for and that this server may not know. */
  readonly doubtful: readonly string[]
  /** Fields of the body, or the path, that can be done without. */
  readonly optional: readonly string[]
}

/** How many of the last tokens `repeat_penalty` counts; only llama-server can be told. */
const REPEAT_WINDOW = 64
/** As the schema of the params has it. */
const DEFAULT_TOP_K = 40

type Fields = Record<string, unknown>

/**
 * Writes params in a server's dialect; `without` are the optional parts that the server has refused before. Throws
 * `E_UNSUPPORTED` for what the job asks and the server cannot do: a setting is honoured or the job refused.
 */
export function generationRequest(
  params: LlmGenParams,
  model: string,
  dialect: Dialect,
  without: ReadonlySet<string>,
): GenerationRequest {
  // What a server computes together is its own affair.
  if (params.deterministic) throw unsupported('deterministic', dialect)
  const endpoint = params.messages === undefined ? 'plain' : 'chat'
  const native =
    endpoint === 'plain' && dialect.nativePath !== null && !without.has(dialect.nativePath) ? dialect.nativePath : null
  const asked: Fields = { ...extraSampling(params, dialect), ...constraint(params, endpoint, dialect) }
  const optional: Fields =
    native === null
      ? {
          stream_options: { include_usage: true },
          ...(dialect.tokenIds.includes(endpoint) ? { return_token_ids: true } : {}),
        }
      : { return_tokens: true }
  for (const name of without) delete optional[name]
  return {
    path: native ?? (endpoint === 'chat' ? '/v1/chat/completions' : '/v1/completions'),
    body: {
      model,
      ...(endpoint === 'chat' ? { messages: params.messages } : { prompt: params.prompt }),
      [native === null ? 'max_tokens' : 'n_predict']: params.max_tokens,
      temperature: params.temperature,
      ...(params.top_p === 1 && !dialect.writesNeutral ? {} : { top_p: params.top_p }),
      seed: params.seed,
      ...(params.stop.length === 0 ? {} : { stop: params.stop }),
      stream: true,
      ...asked,
      ...optional,
    },
    doubtful: dialect.isKnown ? [] : Object.keys(asked),
    optional: [...Object.keys(optional), ...(native === null ? [] : [native])],
  }
}

/** The sampling settings that OpenAI's API does not have. */
function extraSampling(params: LlmGenParams, dialect: Dialect): Fields {
  const { top_k, min_p, repeat_penalty } = params
  const fields: Fields = {}
  // A job that says nothing of top_k is served by the server's own default where it cannot be told ours.
  const isDefaultTopK = top_k === DEFAULT_TOP_K
  if (dialect.topKOff === null) {
    if (!isDefaultTopK && params.temperature !== 0) throw unsupported('top_k', dialect)
  } else if (dialect.writesNeutral || !isDefaultTopK) fields['top_k'] = top_k === 0 ? dialect.topKOff : top_k

  if (min_p !== 0 && !dialect.hasMinP) throw unsupported('min_p', dialect)
  if (dialect.hasMinP && (dialect.writesNeutral || min_p !== 0)) fields['min_p'] = min_p

  if (repeat_penalty !== 1 && dialect.repeatPenalty.length === 0) throw unsupported('repeat_penalty', dialect)
  if (dialect.writesNeutral || repeat_penalty !== 1) {
    for (const name of dialect.repeatPenalty) fields[name] = repeat_penalty
    if (dialect.repeatPenalty.includes('repeat_penalty')) fields['repeat_last_n'] = REPEAT_WINDOW
  }
  return fields
}

/** What the text must keep to. */
function constraint({ json_schema, grammar }: LlmGenParams, endpoint: Endpoint, dialect: Dialect): Fields {
  if (grammar !== undefined) {
    if (dialect.grammar === null) throw unsupported('grammar', dialect)
    return dialect.grammar === 'structured_outputs' ? { structured_outputs: { grammar } } : { [dialect.grammar]: grammar }
  }
  if (json_schema === undefined) return {}
  const form = dialect.jsonSchema[endpoint]
  switch (form) {
    case null:
      throw unsupported(endpoint === 'plain' ? 'json_schema with prompt (it does with messages)' : 'json_schema', dialect)
    case 'response_format':
      return { response_format: { type: 'json_schema', json_schema: { name: 'output', strict: true, schema: json_schema } } }
    case 'json_value':
      return { response_format: { type: 'json', value: json_schema } }
    case 'json_schema':
      return { json_schema }
    default:
      return form satisfies never
  }
}

function unsupported(what: string, { name }: Dialect): JobFailureError {
  return new JobFailureError('E_UNSUPPORTED', `this miner's language-model server (${name}) does not know ${what}`)
}
