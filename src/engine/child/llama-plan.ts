import { availableParallelism } from 'node:os'
import type { GgufInsights, Llama, LlamaContextOptions } from 'node-llama-cpp'
import type { EngineSettings } from './engine-settings.ts'
import type { LlamaMemory, LlamaShape } from './llama-fit.ts'

const MIB = 1024 * 1024
/** Up to this size of the weights, waiting for a second thread can cost more than it brings, and memory for the context is nothing. */
const SMALL_MODEL_BYTES = 64 * MIB
const MOST_SMALL_MODEL_THREADS = 4
/** A batch of a prompt of this many tokens takes less than a second or so for weights of 256 MiB on a slow processor. */
const MOST_PROMPT_TOKENS = 512
const PROMPT_TOKENS_PER_MODEL = 256 * MIB * MOST_PROMPT_TOKENS
const LEAST_PROMPT_TOKENS = 32
/** llama.cpp's flash attention for processors computes what is over a multiple of this element by element. */
const FLASH_ATTENTION_STEP = 64

/** How a model is computed; all of it follows from the model and the settings, never from the moment. */
export interface LlamaPlan {
  readonly flashAttention: 'auto' | false
  /** `F32` is exact and, for a small model, faster than `F16`; null leaves it to the library. */
  readonly kvCacheType: 'F32' | null
  /** Most tokens of prompts in one batch. */
  readonly promptTokens: number
  /** Threads to choose from, the first one first. */
  readonly threads: readonly [number, ...number[]]
  /** Threads where results must not depend on that choice. */
  readonly fixedThreads: number
}

/** The plan for a model on the device that llama.cpp was loaded for. */
export function llamaPlan(llama: Llama, insights: GgufInsights, settings: EngineSettings): LlamaPlan {
  const isCpu = llama.gpu === false
  const isSmall = isCpu && insights.modelSize < SMALL_MODEL_BYTES
  const cores = Math.max(1, Math.min(llama.cpuMathCores, availableParallelism()))
  const fitting = 2 ** Math.floor(Math.log2(PROMPT_TOKENS_PER_MODEL / insights.modelSize))
  return {
    flashAttention: !isCpu || (!isSmall && headLength(insights) % FLASH_ATTENTION_STEP === 0) ? 'auto' : false,
    kvCacheType: isSmall ? 'F32' : null,
    promptTokens: isCpu ? Math.max(LEAST_PROMPT_TOKENS, Math.min(MOST_PROMPT_TOKENS, fitting)) : MOST_PROMPT_TOKENS,
    threads: settings.threads > 0 ? [settings.threads] : threadsFor(cores, isSmall),
    fixedThreads: settings.threads > 0 ? settings.threads : isSmall ? 1 : cores,
  }
}

function threadsFor(cores: number, isSmall: boolean): [number, ...number[]] {
  return isSmall ? [1, Math.min(cores, MOST_SMALL_MODEL_THREADS)] : [cores, Math.max(1, Math.floor(cores / 2))]
}

function headLength({ ggufFileInfo }: GgufInsights): number {
  const { attention, embedding_length: width } = ggufFileInfo.architectureMetadata
  const heads = attention?.head_count
  if (attention?.key_length !== undefined) return attention.key_length
  return width === undefined || typeof heads !== 'number' ? 0 : width / heads
}

/** What a context of this plan needs besides its shape. */
export function contextOptions(plan: LlamaPlan, shape: LlamaShape): LlamaContextOptions {
  return {
    contextSize: shape.contextTokens,
    sequences: shape.sequences,
    batchSize: Math.max(plan.promptTokens, shape.sequences),
    flashAttention: plan.flashAttention,
    threads: plan.fixedThreads,
    ...(plan.kvCacheType === null
      ? {}
      : { experimentalKvCacheKeyType: plan.kvCacheType, experimentalKvCacheValueType: plan.kvCacheType }),
  }
}

/** What llama.cpp says that the model and its context will take. */
export async function estimateMemory(insights: GgufInsights, plan: LlamaPlan, shape: LlamaShape): Promise<LlamaMemory> {
  const { GgmlType } = await import('node-llama-cpp')
  const { gpuLayers, contextTokens, sequences } = shape
  const weights = await insights.estimateModelResourceRequirementsV2({ gpuLayers })
  const context = await insights.estimateContextResourceRequirementsV2({
    contextSize: contextTokens,
    modelGpuLayers: gpuLayers,
    batchSize: Math.max(plan.promptTokens, sequences),
    sequences,
    flashAttention: plan.flashAttention,
    ...(plan.kvCacheType === null ? {} : { kvCacheKeyType: GgmlType.F32, kvCacheValueType: GgmlType.F32 }),
  })
  return { ram: weights.cpuRam + context.cpuRam, vram: weights.gpuVram + context.gpuVram }
}
