import type {
  GbnfJsonBasicSchema,
  Llama,
  LlamaContext,
  LlamaContextSequence,
  LlamaGrammarEvaluationState,
  LlamaModel,
} from 'node-llama-cpp'
import type { EngineIdentity } from './engine-identity.ts'
import type { EngineSettings } from './engine-settings.ts'
import { firstThatStarts } from './first-that-starts.ts'
import type { ModelFile } from './run-context.ts'

/** Context of a model whose catalogue entry does not give one, in tokens. */
const DEFAULT_CONTEXT_TOKENS = 4096
/**
 * Below this size of the weights a second compute thread costs more in waiting than it brings: measured on two cores with
 * a 5 MB model, one thread gave a steady 1,500 tokens/s, two between 500 and 1,700.
 */
const SINGLE_THREAD_BYTES = 64 * 1024 * 1024

/** A loaded model with room for all runs in one context, so that llama.cpp computes them in one batch. */
export interface WarmModel {
  readonly model: LlamaModel
  readonly context: LlamaContext
  readonly idleSequences: LlamaContextSequence[]
}

/** What generated text must follow. */
export type GrammarSource = { readonly gbnf: string } | { readonly jsonSchema: object }

/** llama.cpp through node-llama-cpp, its models kept between jobs. */
export class LlamaEngine {
  readonly #llama: Llama
  readonly #settings: EngineSettings
  readonly #device: string
  readonly #models = new Map<string, Promise<WarmModel>>()

  private constructor(llama: Llama, settings: EngineSettings, device: string) {
    this.#llama = llama
    this.#settings = settings
    this.#device = device
  }

  /** Loads the library, with a GPU if the settings ask for one and there is one. */
  static async start(settings: EngineSettings): Promise<LlamaEngine> {
    const { getLlama, LlamaLogLevel } = await import('node-llama-cpp')
    const llama = await firstThatStarts(settings.backends, (backend) =>
      getLlama({
        build: 'never',
        gpu: backend === 'cuda' || backend === 'vulkan' ? backend : false,
        // No sharing of a thread budget between contexts: there is one context that computes at a time.
        maxThreads: 0,
        logLevel: LlamaLogLevel.warn,
        logger: (level, message) => process.stderr.write(`llama.cpp ${level}: ${message}\n`),
        progressLogs: false,
      }),
    )
    const names = llama.gpu === false ? [] : await llama.getGpuDeviceNames()
    return new LlamaEngine(llama, settings, names.length === 0 ? 'cpu' : names.join(', '))
  }

  get identity(): EngineIdentity {
    const { release } = this.#llama.llamaCppRelease
    return {
      name: 'llama.cpp',
      version: release,
      backend: this.#llama.gpu === false ? 'cpu' : this.#llama.gpu,
      device: this.#device,
    }
  }

  get mode(): 'gpu' | 'cpu' {
    return this.#llama.gpu === false ? 'cpu' : 'gpu'
  }

  /** The model, loaded on first use. */
  async model(file: ModelFile): Promise<WarmModel> {
    const known = this.#models.get(file.sha256)
    if (known !== undefined) return known
    const loading = this.#load(file)
    this.#models.set(file.sha256, loading)
    loading.catch(() => this.#models.delete(file.sha256))
    return loading
  }

  /** A grammar at its beginning, for one run. Rejects where llama.cpp does not take the grammar or the schema. */
  async grammarState(model: LlamaModel, source: GrammarSource): Promise<LlamaGrammarEvaluationState> {
    const { LlamaGrammarEvaluationState } = await import('node-llama-cpp')
    if ('gbnf' in source) {
      return new LlamaGrammarEvaluationState({ model, grammar: await this.#llama.createGrammar({ grammar: source.gbnf }) })
    }
    if (!isLibrarySchema(source.jsonSchema)) throw new TypeError('an empty schema')
    return new LlamaGrammarEvaluationState({ model, grammar: await this.#llama.createGrammarForJsonSchema(source.jsonSchema) })
  }

  /** Lends a sequence with an empty history to `use`. */
  async withSequence<T>(warm: WarmModel, use: (sequence: LlamaContextSequence) => Promise<T>): Promise<T> {
    const sequence = warm.idleSequences.pop() ?? warm.context.getSequence()
    try {
      return await use(sequence)
    } finally {
      await sequence.clearHistory()
      warm.idleSequences.push(sequence)
    }
  }

  async #load(file: ModelFile): Promise<WarmModel> {
    const model = await this.#llama.loadModel({ modelPath: file.path })
    const { threads, parallelRuns } = this.#settings
    const context = await model.createContext({
      contextSize: file.contextTokens ?? Math.min(model.trainContextSize, DEFAULT_CONTEXT_TOKENS),
      sequences: parallelRuns,
      threads: threads > 0 ? threads : model.size < SINGLE_THREAD_BYTES ? 1 : this.#llama.cpuMathCores,
    })
    return { model, context, idleSequences: [] }
  }
}

/** The params' own schema lets through only what the library knows; one of its types stands here for all of them. */
function isLibrarySchema(schema: object): schema is GbnfJsonBasicSchema {
  return Object.keys(schema).length > 0
}
