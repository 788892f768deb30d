import type {
  LlamaContextSequence,
  LlamaGrammarEvaluationState,
  LlamaModel,
  SequenceEvaluateOptions,
  Token,
} from 'node-llama-cpp'
import { JobFailureError } from '../../domain/failure-codes.ts'
import { canonicalJson } from '../../engine/child/canonical-json.ts'
import type { LlamaEngine } from '../../engine/child/llama-engine.ts'
import type { RunContext, WorkloadResult } from '../../engine/child/run-context.ts'
import { chatPrompt } from './chat-prompt.ts'
import { llmGenParams } from './schema.ts'
import type { LlmGenParams } from './schema.ts'
import { StopStrings } from './stop-strings.ts'
import { TextStream } from './text-stream.ts'
import { TokenText } from './token-text.ts'

/** How many of the last tokens `repeat_penalty` counts. */
const REPEAT_WINDOW = 64
/** A JSON grammar allows white space without end behind the value: this much of it means that the value is complete. */
const JSON_END = '\n\n\n\n'

interface Generated {
  readonly tokens: readonly Token[]
  readonly text: string
  readonly finishReason: 'stop' | 'length'
}

/** Generates text. Cancel takes effect between tokens. */
export async function runLlmGen(context: RunContext<LlamaEngine>): Promise<WorkloadResult> {
  const { engine, signal } = context
  const params = llmGenParams.parse(context.params)
  if (context.model === null) throw new JobFailureError('E_INPUT', 'llm_gen needs a model')

  const loadStartMs = performance.now()
  const warm = await engine.model(context.model)
  const loadMs = performance.now() - loadStartMs
  signal.throwIfAborted()

  const prompt = promptTokens(warm.model, params)
  const contextTokens = warm.context.contextSize
  if (prompt.length >= contextTokens) {
    throw new JobFailureError(
      'E_INVALID',
      `the prompt has ${prompt.length} tokens, and the context of ${context.model.name} holds ${contextTokens}: shorten the prompt`,
    )
  }
  const options = await samplingOptions(engine, warm.model, params)
  const isJson = params.json_schema !== undefined
  const stop = isJson ? [...params.stop, JSON_END] : params.stop
  const startMs = performance.now()
  const generated = await engine.withSequence(warm, (sequence) => {
    const maxTokens = Math.min(params.max_tokens, contextTokens - prompt.length)
    return generate({ context, sequence, model: warm.model, prompt, stop, maxTokens, options })
  })
  const text = isJson ? generated.text.trimEnd() : generated.text
  const seconds = (performance.now() - startMs) / 1000

  return {
    mode: engine.mode,
    mediaType: 'application/json',
    output: canonicalJson({ finish_reason: generated.finishReason, text, tokens: generated.tokens }),
    metrics: {
      tokens_per_s: generated.tokens.length / seconds,
      prompt_tokens: prompt.length,
      completion_tokens: generated.tokens.length,
      load_ms: loadMs,
    },
    environment: { context_tokens: contextTokens },
  }
}

function promptTokens(model: LlamaModel, params: LlmGenParams): Token[] {
  const { bos, shouldPrependBosToken } = model.tokens
  const text =
    params.messages === undefined
      ? (params.prompt ?? '')
      : chatPrompt(params.messages, {
          source: model.fileInfo.metadata.tokenizer?.chat_template,
          bosText: model.tokens.bosString ?? '',
          eosText: model.tokens.eosString ?? '',
        })
  const tokens = model.tokenize(text, true)
  return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : tokens
}

async function samplingOptions(engine: LlamaEngine, model: LlamaModel, params: LlmGenParams): Promise<SequenceEvaluateOptions> {
  const grammarEvaluationState = await grammarState(engine, model, params)
  return {
    temperature: params.temperature,
    topP: params.top_p,
    topK: params.top_k,
    minP: params.min_p,
    seed: params.seed,
    ...(grammarEvaluationState === null ? {} : { grammarEvaluationState }),
    ...(params.repeat_penalty === 1
      ? {}
      : { repeatPenalty: { penalty: params.repeat_penalty, maxPunishTokens: REPEAT_WINDOW, punishTokens: [] } }),
  }
}

async function grammarState(
  engine: LlamaEngine,
  model: LlamaModel,
  params: LlmGenParams,
): Promise<LlamaGrammarEvaluationState | null> {
  try {
    if (params.grammar !== undefined) return await engine.grammarState(model, { gbnf: params.grammar })
    if (params.json_schema !== undefined) return await engine.grammarState(model, { jsonSchema: params.json_schema })
    return null
  } catch (cause) {
    const name = params.grammar === undefined ? 'json_schema' : 'grammar'
    throw new JobFailureError('E_INVALID', `llama.cpp cannot use this ${name}: ${String(cause)}`, { cause })
  }
}

interface Generation {
  readonly context: RunContext<LlamaEngine>
  readonly sequence: LlamaContextSequence
  readonly model: LlamaModel
  readonly prompt: Token[]
  readonly stop: readonly string[]
  readonly maxTokens: number
  readonly options: SequenceEvaluateOptions
}

async function generate({ context, sequence, model, prompt, stop, maxTokens, options }: Generation): Promise<Generated> {
  const stops = new StopStrings(stop)
  const text = new TokenText<Token>((tokens, before) => model.detokenize(tokens, false, before), prompt)
  const stream = new TextStream((piece) => context.progress({ type: 'token', data: piece }))
  const tokens: Token[] = []
  const { repeatPenalty } = options
  let searched = 0
  const recent = (): Token[] => [...prompt, ...tokens].slice(-REPEAT_WINDOW)

  for await (const token of sequence.evaluate(prompt, {
    ...options,
    ...(repeatPenalty === undefined ? {} : { repeatPenalty: { ...repeatPenalty, punishTokens: recent } }),
  })) {
    context.signal.throwIfAborted()
    tokens.push(token)
    text.push(token)
    if (stop.length > 0) {
      const grown = text.read()
      const stopAt = stops.find(grown, searched)
      if (stopAt !== null) return finish(grown.slice(0, stopAt), 'stop')
      searched = grown.length
    }
    if (tokens.length === maxTokens) return finish(text.finish(), 'length')
    if (stream.isDue) stream.show(text.read(), stops)
  }
  return finish(text.finish(), 'stop')

  function finish(whole: string, finishReason: Generated['finishReason']): Generated {
    stream.finish(whole)
    return { tokens, text: whole, finishReason }
  }
}
