import type { z } from 'zod'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { ModelRef } from '../domain/job.ts'
import type { ModelFormat } from '../domain/models.ts'
import { llmGenParams, llmGenPromptBytes } from './llm-gen/schema.ts'
import { onnxInferParams, unsupportedOnnxInfer } from './onnx-infer/schema.ts'
import { sdInferParams, sdInferSize } from './sd-infer/schema.ts'
import { torchBenchParams, unsupportedTorchBench } from './torch-bench/schema.ts'

/** The kinds of child process there are, each for one inference library. */
export type EngineKind = 'llama' | 'onnx'

/** What the host must know of a workload to run it. */
export interface WorkloadSpec {
  readonly engine: EngineKind
  /** Null for a workload that needs no model. */
  readonly model: ModelFormat | null
  /** Checks params and fills in defaults. Throws `E_INVALID` with every problem, or `E_UNSUPPORTED`. */
  readonly read: (params: unknown) => CheckedRun
}

/** A job's params that passed their schema, and what they ask for. */
export interface CheckedRun {
  /** As they are sent to the child. */
  readonly params: Readonly<Record<string, unknown>>
  /** Name of the model that they ask for; null for none. */
  readonly modelName: string | null
  /** The model by its address, where the params may hold that. */
  readonly modelRef: ModelRef | null
  /** What the operator limits; 0 where there is no such thing. */
  readonly promptBytes: number
  readonly imagePixels: number
}

/** Every workload that this version can run. */
export const WORKLOADS: ReadonlyMap<string, WorkloadSpec> = new Map<string, WorkloadSpec>([
  [
    'llm_gen',
    {
      engine: 'llama',
      model: 'gguf',
      read: (given) => {
        const params = parse('llm_gen', llmGenParams, given)
        return { ...NOTHING, params, modelName: params.model ?? null, promptBytes: llmGenPromptBytes(params) }
      },
    },
  ],
  [
    'onnx_infer',
    {
      engine: 'onnx',
      model: 'onnx',
      read: (given) => {
        const params = parse('onnx_infer', onnxInferParams, given)
        const reason = unsupportedOnnxInfer(params)
        if (reason !== null) throw new JobFailureError('E_UNSUPPORTED', `onnx_infer: ${reason}`)
        const { model } = params
        if (typeof model !== 'object') return { ...NOTHING, params, modelName: model ?? null }
        return { ...NOTHING, params, modelRef: { name: null, uri: model.uri, sha256: model.sha256, bytes: null } }
      },
    },
  ],
  [
    'sd_infer',
    {
      engine: 'onnx',
      model: 'diffusers',
      read: (given) => {
        const params = parse('sd_infer', sdInferParams, given)
        return { ...NOTHING, ...sdInferSize(params), params, modelName: params.model ?? null }
      },
    },
  ],
  [
    'torch_bench',
    {
      engine: 'onnx',
      model: null,
      read: (given) => {
        const params = parse('torch_bench', torchBenchParams, given)
        const reason = unsupportedTorchBench(params)
        if (reason !== null) throw new JobFailureError('E_UNSUPPORTED', `torch_bench: ${reason}`)
        return { ...NOTHING, params }
      },
    },
  ],
])

const NOTHING = { modelName: null, modelRef: null, promptBytes: 0, imagePixels: 0 } as const

/** How many problems a failure names; the rest follows from them, or is more of the same. */
const MAX_PROBLEMS = 20

function parse<T>(workload: string, schema: z.ZodType<T>, params: unknown): T {
  const result = schema.safeParse(params)
  if (result.success) return result.data
  const problems = result.error.issues
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
  throw new JobFailureError('E_INVALID', `params do not fit ${workload}: ${problems.join('; ')}`)
}
