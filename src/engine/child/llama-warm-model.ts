import type { Llama, LlamaContext, LlamaGrammarEvaluationState, LlamaModel, Token } from 'node-llama-cpp'
import { JobFailureError } from '../../domain/failure-codes.ts'
import { addonContext, addonGrammarState, createSampler } from './llama-addon.ts'
import type { AddonContext, SamplerConfig } from './llama-addon.ts'
import { GrammarTime, StuckGrammarError } from './llama-grammar-time.ts'
import { Batcher } from './llama-batcher.ts'
import type { LlamaMemory } from './llama-fit.ts'
import type { LlamaPlan } from './llama-plan.ts'
import { Sequences } from './llama-sequences.ts'
import { ThreadChoice } from './llama-thread-choice.ts'

/** Long enough for the reason to be told to the run that it is of. */
const LAST_WORDS_MS = 100

export interface WarmModelParts {
  readonly llama: Llama
  readonly model: LlamaModel
  readonly context: LlamaContext
  readonly plan: LlamaPlan
  /** What it takes, by estimate. */
  readonly memory: LlamaMemory
}

export interface GenerationRequest {
  readonly prompt: readonly Token[]
  readonly sampling: Omit<SamplerConfig, 'grammarEvaluationState'>
  readonly grammar: LlamaGrammarEvaluationState | null
  /** Computes it apart from everything else, from an empty sequence. */
  readonly isDeterministic: boolean
  readonly signal: AbortSignal
  /** Takes a token, and says whether to go on. */
  readonly onToken: (token: Token) => boolean
}

/** A loaded model with one context, whose sequences are computed together. */
export class WarmModel {
  readonly model: LlamaModel
  /** Of each sequence. */
  readonly contextTokens: number
  readonly memory: LlamaMemory
  readonly #llama: Llama
  readonly #context: LlamaContext
  readonly #sequences: Sequences
  readonly #batcher: Batcher
  #longestTokenBytes: number | null = null

  constructor({ llama, model, context, plan, memory }: WarmModelParts) {
    const addon: AddonContext = addonContext(context)
    const { isRecurrent, isHybrid, swaSize } = model.fileInsights
    this.model = model
    this.contextTokens = context.contextSize
    this.memory = memory
    this.#llama = llama
    this.#context = context
    this.#sequences = new Sequences(addon, context.totalSequences, !isRecurrent && !isHybrid && swaSize === undefined)
    this.#batcher = new Batcher({
      context: addon,
      promptTokens: plan.promptTokens,
      threads: new ThreadChoice(plan.threads),
      fixedThreads: plan.fixedThreads,
      onStuck: endSoon,
    })
  }

  get mode(): 'gpu' | 'cpu' {
    return this.#llama.gpu !== false && this.model.gpuLayers > 0 ? 'gpu' : 'cpu'
  }

  /**
   * The tokens of a prompt, with the model's beginning. Control tokens written out in it are read as such. Throws `E_INVALID` for
   * one that leaves no room in the context; one far too long is refused without looking at each character.
   */
  promptTokens(text: string): Token[] {
    const bytes = Buffer.byteLength(text)
    const fewest = Math.ceil(bytes / this.#longestToken())
    if (fewest >= this.contextTokens) throw this.#tooLong(`at least ${fewest}`)
    const { bos, shouldPrependBosToken } = this.model.tokens
    const own = this.model.tokenize(text, true)
    const tokens = shouldPrependBosToken && bos !== null && own[0] !== bos ? [bos, ...own] : own
    if (tokens.length >= this.contextTokens) throw this.#tooLong(String(tokens.length))
    if (tokens.length === 0) throw new JobFailureError('E_INVALID', 'the prompt has no tokens: write some text')
    return tokens
  }

  /**
   * Generates until `onToken` wants no more, or the model ends. How much of the prompt was computed before is told to nobody: whoever
   * sends prompts could guess those of others by it, token by token.
   */
  async generate(request: GenerationRequest): Promise<void> {
    const { prompt, sampling, grammar, isDeterministic, signal, onToken } = request
    const sequence = await this.#sequences.lend(prompt, isDeterministic, signal)
    let isStuck = false
    try {
      const sampler = createSampler(this.#llama, this.model, {
        ...sampling,
        ...(grammar === null ? {} : { grammarEvaluationState: addonGrammarState(grammar) }),
      })
      try {
        const tokens = prompt.slice(sequence.tokens.length)
        await this.#batcher.run({
          sequence,
          tokens,
          sampler,
          isAlone: isDeterministic,
          grammarTime: grammar === null ? null : new GrammarTime(),
          signal,
          onToken: (token) => !this.model.isEogToken(token) && onToken(token),
        })
      } catch (error) {
        isStuck = error instanceof StuckGrammarError
        throw error
      } finally {
        // What llama.cpp still works with stays.
        if (!isStuck) sampler.dispose()
      }
    } finally {
      if (!isStuck) this.#sequences.giveBack(sequence)
    }
  }

  async dispose(): Promise<void> {
    await this.#context.dispose()
    await this.model.dispose()
  }

  #tooLong(count: string): JobFailureError {
    return new JobFailureError(
      'E_INVALID',
      `the prompt has ${count} tokens, and the context of this model holds ${this.contextTokens} here: shorten the prompt`,
    )
  }

  #longestToken(): number {
    const { tokens } = this.model.fileInfo.metadata.tokenizer?.ggml ?? {}
    this.#longestTokenBytes ??= tokens?.reduce((longest, token) => Math.max(longest, Buffer.byteLength(token)), 1) ?? 256
    return this.#longestTokenBytes
  }
}

/** A thread in a native library cannot be stopped but with its process. */
function endSoon(): void {
  setTimeout(() => {
    throw new Error('llama.cpp does not come back from a grammar')
  }, LAST_WORDS_MS)
}
