import { median } from './figures.ts'
import type { Figure } from './figures.ts'
import { onnxRounds } from './onnx-rounds.ts'
import type { BenchJob } from './onnx-rounds.ts'

const SIZE = 1024
const ITERATIONS = 30
/** Of the job that a longer one is held against. */
const SHORT_ITERATIONS = 8
const PAIRS = 1
const ROUNDS = 15
/** More than one wait for each other, not for the graph, where the machine has other work: a bench that says nothing. */
const THREADS = 1
const TARGET = 0.97

/**
 * GFLOP/s of `torch_bench` jobs by the daemon's clock, against onnxruntime-node called in a bare loop on the same graph with the same
 * buffers and threads.
 */
export async function benchTorch(): Promise<Figure[]> {
  const { bare, ours } = await onnxRounds({
    workload: 'torch_bench',
    config: { ENGINE_THREADS: THREADS },
    bareProgram: 'bench/bare/torch.ts',
    bareArgs: [SIZE, ITERATIONS, PAIRS, THREADS],
    rounds: ROUNDS,
    measure: async (miner) =>
      (await miner.differenceMs(products(SHORT_ITERATIONS + ITERATIONS), products(SHORT_ITERATIONS), PAIRS)) / ITERATIONS,
  })
  const ratio = median(ours.map((ms, round) => (bare[round] ?? Number.NaN) / ms))
  return [
    {
      what: `torch_bench, ${SIZE}x${SIZE}, ${THREADS} thread`,
      ours: `${gflops(median(ours)).toFixed(1)} GFLOP/s`,
      peer: `${gflops(median(bare)).toFixed(1)} GFLOP/s (bare onnxruntime-node session)`,
      ratio,
      target: `≥ ${TARGET}`,
      isMet: ratio >= TARGET,
    },
  ]
}

function products(iterations: number): BenchJob {
  return { workload: 'torch_bench', params: { size: SIZE, iterations } }
}

/** Of the matrix product, as the workload counts. */
function gflops(iterationMs: number): number {
  return (2 * SIZE ** 3) / iterationMs / 1e6
}
