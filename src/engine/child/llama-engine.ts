import type { GbnfJsonBasicSchema, Llama, LlamaGrammarEvaluationState, LlamaModel } from 'node-llama-cpp'
import { grammarProblem } from '../../workloads/llm-gen/gbnf/grammar-problem.ts'
import type { EngineIdentity } from './engine-identity.ts'
import type { EngineSettings } from './engine-settings.ts'
import { firstThatStarts } from './first-that-starts.ts'
import { ChatTemplates } from './llama-chat-templates.ts'
import { LlamaLoader } from './llama-loader.ts'
import type { WarmModel } from './llama-warm-model.ts'
import { WarmModels } from './llama-warm-models.ts'
import type { ModelFile } from './run-context.ts'

/** What generated text must follow. */
export type GrammarSource = { readonly gbnf: string } | { readonly jsonSchema: object }

/** llama.cpp through node-llama-cpp, its models kept between jobs. */
export class LlamaEngine {
  /** Where chat templates, which are programs of a model's maker, run. */
  readonly chatTemplates = new ChatTemplates()
  readonly #llama: Llama
  readonly #device: string
  readonly #models: WarmModels<ModelFile, WarmModel>

  private constructor(llama: Llama, device: string, loader: LlamaLoader) {
    this.#llama = llama
    this.#device = device
    this.#models = new WarmModels({ keyOf: ({ sha256 }) => sha256, load: (file, room) => loader.load(file, room) })
  }

  /** Loads the library, on the first of the settings' back ends that works here. */
  static async start(settings: EngineSettings): Promise<LlamaEngine> {
    const { getLlama, LlamaLogLevel } = await import('node-llama-cpp')
    const complaints: string[] = []
    const llama = await firstThatStarts(settings.backends, (backend) =>
      getLlama({
        build: 'never',
        gpu: backend === 'cuda' || backend === 'vulkan' ? backend : false,
        // No sharing of a thread budget between contexts: there is one context that computes at a time.
        maxThreads: 0,
        logLevel: LlamaLogLevel.warn,
        logger: (level, message) => {
          if (level === LlamaLogLevel.error) complaints.push(message.trim())
          process.stderr.write(`llama.cpp ${level}: ${message}\n`)
        },
        progressLogs: false,
      }),
    )
    const names = llama.gpu === false ? [] : await llama.getGpuDeviceNames()
    const loader = new LlamaLoader({ llama, settings, complaints })
    return new LlamaEngine(llama, names.length === 0 ? 'cpu' : names.join(', '), loader)
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

  /** Calls `run` with the model, loaded on first use, which stays loaded meanwhile. */
  async withModel<T>(file: ModelFile, run: (model: WarmModel) => Promise<T>): Promise<T> {
    return this.#models.use(file, run)
  }

  /** A grammar at its beginning, for one run. Rejects where llama.cpp does not take the grammar or the schema. */
  async grammarState(model: LlamaModel, source: GrammarSource): Promise<LlamaGrammarEvaluationState> {
    const { LlamaGrammarEvaluationState } = await import('node-llama-cpp')
    if ('gbnf' in source) {
      return new LlamaGrammarEvaluationState({ model, grammar: await this.#llama.createGrammar({ grammar: source.gbnf }) })
    }
    if (!isLibrarySchema(source.jsonSchema)) throw new TypeError('an empty schema')
    const grammar = await this.#llama.createGrammarForJsonSchema(source.jsonSchema)
    const problem = grammarProblem(grammar.grammar)
    if (problem !== null) throw new Error(problem)
    return new LlamaGrammarEvaluationState({ model, grammar })
  }
}

/** The params' own schema lets through only what the library knows; one of its types stands here for all of them. */
function isLibrarySchema(schema: object): schema is GbnfJsonBasicSchema {
  return Object.keys(schema).length > 0
}
