import type { LlamaGrammarEvaluationState, LlamaModel, Token } from 'node-llama-cpp'
import { JobFailureError } from '../../domain/failure-codes.ts'
import { canonicalJson } from '../../engine/child/canonical-json.ts'
import type { LlamaEngine } from '../../engine/child/llama-engine.ts'
import type { GenerationRequest, WarmModel } from '../../engine/child/llama-warm-model.ts'
import type { ModelFile, RunContext, WorkloadResult } from '../../engine/child/run-context.ts'
import { chatPrompt } from './chat-prompt.ts'
import { GeneratedText } from './generated-text.ts'
import { llmGenParams } from './schema.ts'
import type { LlmGenParams } from './schema.ts'

/** How many of the last tokens `repeat_penalty` counts. */
const REPEAT_WINDOW = 64
/** llama.cpp takes this seed for "any", and would give another text each time. */
const ANY_SEED = 0xffff_ffff
/** A JSON grammar allows white space without end behind the value: this much of it means that the value is complete. */
const JSON_END = '\n\n\n\n'

/** Generates text. Cancel takes effect between two batches: between tokens, and between parts of a long prompt. */
export async function runLlmGen(context: RunContext<LlamaEngine>): Promise<WorkloadResult> {
  const params = llmGenParams.parse(context.params)
  const { model: file } = context
  if (file === null) throw new JobFailureError('E_INPUT', 'llm_gen needs a model')
  const waitStartMs = performance.now()
  return context.engine.withModel(file, (warm) => {
    context.signal.throwIfAborted()
    return generate(context, { params, file, warm, loadMs: performance.now() - waitStartMs })
  })
}

interface Prepared {
  readonly params: LlmGenParams
  readonly file: ModelFile
  readonly warm: WarmModel
  readonly loadMs: number
}

async function generate(context: RunContext<LlamaEngine>, { params, warm, loadMs }: Prepared): Promise<WorkloadResult> {
  const { engine, signal } = context
  const { model, contextTokens } = warm
  const prompt = warm.promptTokens(await promptText(engine, model, params))
  const isJson = params.json_schema !== undefined
  const grown = new GeneratedText<Token>({
    prompt,
    stop: isJson ? [...params.stop, JSON_END] : params.stop,
    maxTokens: Math.min(params.max_tokens, contextTokens - prompt.length),
    detokenize: (tokens, before) => model.detokenize(tokens, false, before),
    send: (piece) => context.progress({ type: 'token', data: piece }),
  })
  const grammar = await grammarState(engine, model, params)
  const startMs = performance.now()
  const generating = warm.generate({
    prompt,
    sampling: samplingOf(params, prompt),
    grammar,
    isDeterministic: params.deterministic,
    signal,
    onToken: (token) => grown.push(token),
  })
  await generating.catch((cause: unknown) => {
    throw grammarFailure(cause) ?? cause
  })
  const { text, finishReason } = grown.finish()
  const seconds = (performance.now() - startMs) / 1000
  return {
    mode: warm.mode,
    mediaType: 'application/json',
    output: canonicalJson({ finish_reason: finishReason, text: isJson ? text.trimEnd() : text, tokens: grown.tokens }),
    metrics: {
      tokens_per_s: grown.tokens.length / seconds,
      prompt_tokens: prompt.length,
      completion_tokens: grown.tokens.length,
      load_ms: loadMs,
    },
    environment: { context_tokens: contextTokens, deterministic: params.deterministic },
  }
}

async function promptText(engine: LlamaEngine, model: LlamaModel, params: LlmGenParams): Promise<string> {
  if (params.messages === undefined) return params.prompt ?? ''
  const template = {
    source: model.fileInfo.metadata.tokenizer?.chat_template,
    bosText: model.tokens.bosString ?? '',
    eosText: model.tokens.eosString ?? '',
  }
  return chatPrompt(params.messages, template, (source, values) => engine.chatTemplates.render(source, values))
}

function samplingOf(params: LlmGenParams, prompt: readonly Token[]): GenerationRequest['sampling'] {
  return {
    temperature: params.temperature,
    topP: params.top_p,
    topK: params.top_k,
    minP: params.min_p,
    seed: params.seed % ANY_SEED,
    ...(params.repeat_penalty === 1
      ? {}
      : {
          repeatPenalty: params.repeat_penalty,
          repeatPenaltyMaxTokens: REPEAT_WINDOW,
          repeatPenaltyTokens: Uint32Array.from(prompt.slice(-REPEAT_WINDOW)),
        }),
  }
}

/** What llama.cpp's words on a grammar that leads nowhere mean to its author; null for any other error. */
function grammarFailure(cause: unknown): JobFailureError | null {
  if (!(cause instanceof Error) || !cause.message.includes('empty grammar stack')) return null
  return new JobFailureError('E_INVALID', 'the grammar comes to where no token of this model can follow: allow some text there', {
    cause,
  })
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
    const reason = cause instanceof Error ? cause.message : String(cause)
    // Its own words for what it dislikes go to the standard error alone.
    const hint = 'look for unknown escapes, for rules that come back to themselves and for very many repetitions'
    throw new JobFailureError('E_INVALID', `llama.cpp cannot use this ${name} (${reason}): ${hint}`, { cause })
  }
}
