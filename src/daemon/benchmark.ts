import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine, RunResult } from '../domain/engine.ts'
import type { Clock } from '../domain/ports.ts'
import { scratchJob } from './scratch-engine.ts'

/** One measurement that `aitbc-miner bench` makes, with an embedded model. */
export interface Benchmark {
  /** Name of the figure in the capabilities. */
  readonly name: string
  readonly workload: string
  readonly what: string
  readonly unit: string
  readonly params: Readonly<Record<string, unknown>>
  /** Jobs at a time. */
  readonly jobs: number
  /** The figure of one round. `seconds` is what it took as a whole. */
  readonly figure: (results: readonly RunResult[], seconds: number) => number
}

const LATENT: readonly number[] = Array.from({ length: 4 * 16 * 16 }, () => 0)
const STORY = { prompt: 'Once upon a time', max_tokens: 256, stop: [] }

/** In the order in which they are made. The speed of text is later told in relation to `fp32_gflops` (`tokens_per_tflop_s`). */
export const BENCHMARKS: readonly Benchmark[] = [
  {
    name: 'fp32_gflops',
    workload: 'torch_bench',
    what: 'matrix product, 1024 × 1024, float32',
    unit: 'GFLOP/s',
    params: { size: 1024, iterations: 50 },
    jobs: 1,
    figure: (results) => metric(results[0], 'gflops'),
  },
  {
    name: 'llm_tokens_per_s',
    workload: 'llm_gen',
    what: 'tiny-llm, one job',
    unit: 'tokens/s',
    params: STORY,
    jobs: 1,
    figure: (results) => metric(results[0], 'tokens_per_s'),
  },
  {
    name: 'llm_tokens_per_s_8',
    workload: 'llm_gen',
    what: 'tiny-llm, 8 jobs at a time',
    unit: 'tokens/s',
    params: STORY,
    jobs: 8,
    figure: (results, seconds) => results.reduce((sum, result) => sum + metric(result, 'completion_tokens'), 0) / seconds,
  },
  {
    name: 'sd_steps_per_s',
    workload: 'sd_infer',
    what: 'tiny-sd, 64 × 64, 20 steps of euler',
    unit: 'steps/s',
    params: { prompt: 'a red circle on a white background', steps: 20, guidance_scale: 5, scheduler: 'euler' },
    jobs: 1,
    figure: (results) => metric(results[0], 'steps_per_s'),
  },
  {
    name: 'onnx_runs_per_s',
    workload: 'onnx_infer',
    what: "tiny-sd's decoder, 64 × 64",
    unit: 'runs/s',
    params: { model: 'tiny-sd-decoder', inputs: { latent_sample: { dtype: 'float32', shape: [1, 4, 16, 16], data: LATENT } } },
    jobs: 1,
    figure: (results) => 1000 / metric(results[0], 'infer_ms'),
  },
]

export interface MeasureDeps {
  readonly engine: Engine
  /** Where the jobs' folders are made. */
  readonly scratchDir: string
  readonly clock: Clock
  readonly signal: AbortSignal
}

const ROUNDS = 3
const LIMITS = { maxRuntimeS: 300, ramMb: null, vramMb: null, maxOutputBytes: 2 ** 26 } as const

/** The median of three rounds after one that loads the model; rejects with a `JobFailureError` where a job fails. */
export async function measureBenchmark(benchmark: Benchmark, deps: MeasureDeps): Promise<number> {
  await runRound(benchmark, deps)
  const figures: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) figures.push(await runRound(benchmark, deps))
  return figures.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN
}

async function runRound({ workload, params, jobs, figure }: Benchmark, deps: MeasureDeps): Promise<number> {
  const { engine, scratchDir, clock, signal } = deps
  const folders = await Promise.all(Array.from({ length: jobs }, () => mkdtemp(join(scratchDir, 'bench-'))))
  try {
    const startedMs = clock.monotonicMs()
    const runs = folders.map((workDir, at) => {
      const job = scratchJob(`bench-${at}`, workload, { ...params, seed: at })
      return engine.run({ job, workDir, limits: LIMITS, signal, onProgress: () => {} })
    })
    // A round that fails lets its other jobs end before their folders go.
    const ended = await Promise.allSettled(runs)
    const failed = ended.find((run) => run.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    const results = ended.flatMap((run) => (run.status === 'fulfilled' ? [run.value] : []))
    return figure(results, (clock.monotonicMs() - startedMs) / 1000)
  } finally {
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
  }
}

function metric(result: RunResult | undefined, name: string): number {
  return result?.metrics[name] ?? Number.NaN
}
