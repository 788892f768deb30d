import type { GgufInsights, Llama, LlamaModel } from 'node-llama-cpp'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { EngineSettings } from './engine-settings.ts'
import { fitLlama } from './llama-fit.ts'
import type { LlamaMemory, LlamaShape } from './llama-fit.ts'
import { damaged, readModelFile } from './llama-model-file.ts'
import { contextOptions, estimateMemory, llamaPlan } from './llama-plan.ts'
import type { LlamaPlan } from './llama-plan.ts'
import { WarmModel } from './llama-warm-model.ts'
import type { Room } from './llama-warm-models.ts'
import type { ModelFile } from './run-context.ts'

const MIB = 1024 * 1024
/** Of memory that is free, what may be taken where the operator gave no limit. */
const TAKEN_SHARE = 0.8

export interface LlamaLoaderDeps {
  readonly llama: Llama
  readonly settings: EngineSettings
  /** The last thing that llama.cpp complained of; empty for nothing. */
  readonly lastComplaint: () => string
}

/** Loads models with contexts as large as memory allows. */
export class LlamaLoader {
  readonly #deps: LlamaLoaderDeps

  constructor(deps: LlamaLoaderDeps) {
    this.#deps = deps
  }

  /**
   * Loads a model. Resolves with null where it may refuse and there is less room than it would use. Throws `E_INPUT` for a file
   * that llama.cpp cannot load, and `E_OOM` with the numbers where there is no room for it.
   */
  async load(file: ModelFile, { loaded, mayRefuse }: Room<WarmModel>): Promise<WarmModel | null> {
    const { llama, settings } = this.#deps
    const insights = await this.#insights(file)
    const plan = llamaPlan(llama, insights, settings)
    const wanted: LlamaShape = {
      gpuLayers: llama.gpu === false ? 0 : insights.totalLayers,
      contextTokens: Math.min(
        insights.trainContextSize ?? Infinity,
        file.contextTokens ?? Infinity,
        settings.contextTokens ?? Infinity,
      ),
      sequences: settings.parallelRuns,
    }
    const free = await this.#freeMemory(loaded)
    const estimate = (shape: LlamaShape): Promise<LlamaMemory> => estimateMemory(insights, plan, shape)
    const shape = await fitLlama({ wanted, free, estimate })
    if (mayRefuse && (shape === null || isLess(shape, wanted))) return null
    if (shape === null) throw noRoom(file, free, await estimate({ gpuLayers: 0, contextTokens: 512, sequences: 1 }))
    return this.#loadAs(file, plan, shape, await estimate(shape))
  }

  async #insights(file: ModelFile): Promise<GgufInsights> {
    const { llama } = this.#deps
    const info = await readModelFile(file)
    const { GgufInsights } = await import('node-llama-cpp')
    const insights = await GgufInsights.from(info, llama)
    if (!insights.isSupportedByLlamaCpp) {
      const { release } = llama.llamaCppRelease
      throw new JobFailureError(
        'E_INPUT',
        `model ${file.name} has the architecture ${JSON.stringify(info.metadata.general.architecture)}, which llama.cpp ${release} does not know`,
      )
    }
    return insights
  }

  async #loadAs(file: ModelFile, plan: LlamaPlan, shape: LlamaShape, memory: LlamaMemory): Promise<WarmModel> {
    const { llama, lastComplaint } = this.#deps
    const model = await this.#orDamaged(file, () => llama.loadModel({ modelPath: file.path, gpuLayers: shape.gpuLayers }))
    try {
      const context = await model.createContext({ ...contextOptions(plan, shape), failedCreationRemedy: false })
      return new WarmModel({ llama, model, context, plan, memory })
    } catch (cause) {
      await model.dispose()
      const complaint = lastComplaint()
      throw new JobFailureError(
        'E_OOM',
        `no context of ${shape.contextTokens} tokens for ${shape.sequences} jobs could be made for model ${file.name}${complaint === '' ? '' : `: ${complaint}`}`,
        { cause },
      )
    }
  }

  async #orDamaged(file: ModelFile, load: () => Promise<LlamaModel>): Promise<LlamaModel> {
    try {
      return await load()
    } catch (cause) {
      const { InsufficientMemoryError } = await import('node-llama-cpp')
      const message = cause instanceof Error ? cause.message : String(cause)
      if (cause instanceof InsufficientMemoryError) {
        throw new JobFailureError('E_OOM', `no memory for model ${file.name}: ${message}`, { cause })
      }
      throw damaged(file, this.#deps.lastComplaint() || message)
    }
  }

  async #freeMemory(loaded: readonly WarmModel[]): Promise<LlamaMemory> {
    const { llama, settings } = this.#deps
    const freeRam = process.availableMemory()
    const freeVram = llama.gpu === false ? 0 : (await llama.getVramState()).free
    return {
      ram: allowed(
        freeRam,
        settings.ramMb,
        sum(loaded, ({ memory }) => memory.ram),
      ),
      vram: allowed(
        freeVram,
        settings.vramMb,
        sum(loaded, ({ memory }) => memory.vram),
      ),
    }
  }
}

function allowed(free: number, limitMb: number | null, taken: number): number {
  return limitMb === null ? free * TAKEN_SHARE : Math.min(free, limitMb * MIB - taken)
}

function sum(models: readonly WarmModel[], of: (model: WarmModel) => number): number {
  return models.reduce((total, model) => total + of(model), 0)
}

function isLess(shape: LlamaShape, wanted: LlamaShape): boolean {
  return shape.gpuLayers < wanted.gpuLayers || shape.contextTokens < wanted.contextTokens || shape.sequences < wanted.sequences
}

function noRoom(file: ModelFile, free: LlamaMemory, need: LlamaMemory): JobFailureError {
  const mib = (bytes: number): number => Math.max(0, Math.round(bytes / MIB))
  return new JobFailureError(
    'E_OOM',
    `model ${file.name} needs about ${mib(need.ram + need.vram)} MiB with a context of 512 tokens, and ${mib(free.ram)} MiB are free for models` +
      (free.vram > 0 ? `, ${mib(free.vram)} MiB on the GPU` : ''),
  )
}
