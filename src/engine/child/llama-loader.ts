import { setImmediate as nextTurn } from 'node:timers/promises'
import type { GgufInsights, Llama, LlamaModel } from 'node-llama-cpp'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { EngineSettings } from './engine-settings.ts'
import { fitLlamaModestly, isGoodShape, LEAST_CONTEXT_TOKENS } from './llama-fit.ts'
import type { LlamaMemory, LlamaShape } from './llama-fit.ts'
import { damaged, readModelFile } from './llama-model-file.ts'
import { contextOptions, estimateMemory, llamaPlan } from './llama-plan.ts'
import type { LlamaPlan } from './llama-plan.ts'
import { WarmModel } from './llama-warm-model.ts'
import type { Room } from './llama-warm-models.ts'
import type { ModelFile } from './run-context.ts'

const MIB = 1024 * 1024
/**
 * Where the operator gave no limit: the share of free memory that long contexts may take, so that there is room for the next
 * model too, and the share that a model may take at all.
 */
const COMFORTABLE_SHARE = 0.5
const LARGEST_SHARE = 0.9

export interface LlamaLoaderDeps {
  readonly llama: Llama
  readonly settings: EngineSettings
  /** Where the errors that llama.cpp logs are put. */
  readonly complaints: string[]
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
    const insights = await withReason(file, () => this.#insights(file))
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
    const estimate = (shape: LlamaShape): Promise<LlamaMemory> => withReason(file, () => estimateMemory(insights, plan, shape))
    const free = await this.#freeMemory(loaded)
    const shape = await fitLlamaModestly({ wanted, estimate, free: free.comfortable }, free.largest)
    if (shape !== null && (!mayRefuse || isGoodShape(shape, wanted)))
      return this.#loadAs(file, plan, shape, await estimate(shape))
    const least = await estimate({ gpuLayers: 0, contextTokens: LEAST_CONTEXT_TOKENS, sequences: 1 })
    const others = sum(loaded, ({ memory }) => memory.ram + memory.vram)
    const isHopeless = least.ram > free.largest.ram + free.largest.vram + others
    if (mayRefuse && !isHopeless) return null
    throw noRoom(file, free.largest, least)
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
    const { llama, complaints } = this.#deps
    complaints.length = 0
    const model = await this.#orDamaged(file, () => llama.loadModel({ modelPath: file.path, gpuLayers: shape.gpuLayers }))
    try {
      const context = await model.createContext({ ...contextOptions(plan, shape), failedCreationRemedy: false })
      return new WarmModel({ llama, model, context, plan, memory })
    } catch (cause) {
      await model.dispose()
      await logDelivered()
      const [complaint = ''] = complaints
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
      await logDelivered()
      throw damaged(file, reasonOf(this.#deps.complaints) ?? message)
    }
  }

  async #freeMemory(loaded: readonly WarmModel[]): Promise<{ readonly comfortable: LlamaMemory; readonly largest: LlamaMemory }> {
    const { llama, settings } = this.#deps
    const freeRam = process.availableMemory()
    const freeVram = llama.gpu === false ? 0 : (await llama.getVramState()).free
    const takenRam = sum(loaded, ({ memory }) => memory.ram)
    const takenVram = sum(loaded, ({ memory }) => memory.vram)
    const share = (part: number): LlamaMemory => ({
      ram: settings.ramMb === null ? freeRam * part : Math.min(freeRam, settings.ramMb * MIB - takenRam),
      vram: settings.vramMb === null ? freeVram * part : Math.min(freeVram, settings.vramMb * MIB - takenVram),
    })
    return { comfortable: share(COMFORTABLE_SHARE), largest: share(LARGEST_SHARE) }
  }
}

/** What node-llama-cpp stumbles over while it works out what a model needs is the file's fault: it has nothing else to work with. */
async function withReason<T>(file: ModelFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof JobFailureError) throw cause
    throw damaged(file, cause instanceof Error ? cause.message : String(cause))
  }
}

/**
 * Resolves when what llama.cpp logged before now has reached this thread. Its lines and the end of a load come by two queues of the
 * event loop, in either order; the second turn has emptied both.
 */
async function logDelivered(): Promise<void> {
  await nextTurn()
  await nextTurn()
}

/** The first of llama.cpp's complaints, which the others follow from, without the names of its functions. */
function reasonOf([complaint]: readonly string[]): string | null {
  return complaint?.replace(/^(?:\w+: )+(?:error loading model: )?/, '') ?? null
}

function sum(models: readonly WarmModel[], of: (model: WarmModel) => number): number {
  return models.reduce((total, model) => total + of(model), 0)
}

function noRoom(file: ModelFile, free: LlamaMemory, least: LlamaMemory): JobFailureError {
  const need = mib(least.ram + least.vram)
  const gpu = free.vram > 0 ? `, ${mib(free.vram)} MiB on the GPU` : ''
  return new JobFailureError(
    'E_OOM',
    `model ${file.name} needs about ${need} MiB with a context of ${LEAST_CONTEXT_TOKENS} tokens, and ${mib(free.ram)} MiB are free for models here${gpu}`,
  )
}

function mib(bytes: number): number {
  return Math.max(0, Math.round(bytes / MIB))
}
