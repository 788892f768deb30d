import { JobFailureError } from '../../domain/failure-codes.ts'
import type { EngineIdentity } from './engine-identity.ts'
import type { EngineSettings } from './engine-settings.ts'
import type { RunContext, WorkloadResult, WorkloadRun } from './run-context.ts'

/** A loaded engine with the workloads that run on it. */
export interface StartedEngine {
  readonly identity: EngineIdentity
  readonly runWorkload: (workload: string, context: Omit<RunContext<unknown>, 'engine'>) => Promise<WorkloadResult>
}

/** Loads the library of an engine kind and the code of its workloads, and nothing of the other kinds. */
export async function startEngine(kind: string, settings: EngineSettings): Promise<StartedEngine> {
  switch (kind) {
    case 'llama': {
      const [{ LlamaEngine }, { runLlmGen }] = await Promise.all([
        import('./llama-engine.ts'),
        import('../../workloads/llm-gen/run.ts'),
      ])
      return started(await LlamaEngine.start(settings), { llm_gen: runLlmGen })
    }
    case 'onnx': {
      const [{ OnnxEngine }, { runOnnxInfer }, { runSdInfer }, { runTorchBench }] = await Promise.all([
        import('./onnx-engine.ts'),
        import('../../workloads/onnx-infer/run.ts'),
        import('../../workloads/sd-infer/run.ts'),
        import('../../workloads/torch-bench/run.ts'),
      ])
      return started(await OnnxEngine.start(settings), {
        onnx_infer: runOnnxInfer,
        sd_infer: runSdInfer,
        torch_bench: runTorchBench,
      })
    }
    default:
      throw new Error(`there is no engine ${kind}`)
  }
}

function started<H extends { readonly identity: EngineIdentity }>(
  engine: H,
  workloads: Readonly<Record<string, WorkloadRun<H>>>,
): StartedEngine {
  const table = new Map(Object.entries(workloads))
  return {
    identity: engine.identity,
    runWorkload: async (workload, context) => {
      const run = table.get(workload)
      if (run === undefined) throw new JobFailureError('E_UNSUPPORTED', `${engine.identity.name} does not run ${workload}`)
      return run({ ...context, engine })
    },
  }
}
