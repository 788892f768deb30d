import type { z } from 'zod'
import { JobFailureError } from '../domain/failure-codes.ts'
import { llmGenParams } from './llm-gen/schema.ts'
import { torchBenchParams, unsupportedTorchBench } from './torch-bench/schema.ts'

/** The kinds of child process there are, each for one inference library. */
export type EngineKind = 'llama' | 'onnx'

/** What the host must know of a workload to run it. */
export interface WorkloadSpec {
  readonly engine: EngineKind
  readonly usesModel: boolean
  /** Checks params and fills in defaults. Throws `E_INVALID` with every problem, or `E_UNSUPPORTED`. */
  readonly parseParams: (params: unknown) => CheckedParams
}

/** Params that passed their schema, as they are sent to the child. */
export type CheckedParams = Readonly<Record<string, unknown>>

/** Every workload that this version can run. */
export const WORKLOADS: ReadonlyMap<string, WorkloadSpec> = new Map<string, WorkloadSpec>([
  ['llm_gen', { engine: 'llama', usesModel: true, parseParams: (params) => parse('llm_gen', llmGenParams, params) }],
  [
    'torch_bench',
    {
      engine: 'onnx',
      usesModel: false,
      parseParams: (params) => {
        const checked = parse('torch_bench', torchBenchParams, params)
        const reason = unsupportedTorchBench(checked)
        if (reason !== null) throw new JobFailureError('E_UNSUPPORTED', `torch_bench: ${reason}`)
        return checked
      },
    },
  ],
])

function parse<T>(workload: string, schema: z.ZodType<T>, params: unknown): T {
  const result = schema.safeParse(params)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
  throw new JobFailureError('E_INVALID', `params do not fit ${workload}: ${problems.join('; ')}`)
}
