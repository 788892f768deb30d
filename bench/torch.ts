import { join } from 'node:path'
import { z } from 'zod'
import { Client } from '../scripts/local-chain/client.ts'
import { MinerHome, startCoordinatorProgram } from '../scripts/local-chain/chain.ts'
import { Program } from '../scripts/local-chain/program.ts'
import { median } from './figures.ts'
import type { Figure } from './figures.ts'
import { logLines } from './miner-log.ts'

const SIZE = 1024
const ITERATIONS = 30
/** Of the job that a longer one is held against. */
const SHORT_ITERATIONS = 8
const PAIRS = 1
const ROUNDS = 15
/** More than one wait for each other, not for the graph, where the machine has other work: a bench that says nothing. */
const THREADS = 1
const TARGET = 0.97

const BareSchema = z.object({ iterationMs: z.number() })

/**
 * GFLOP/s of `torch_bench` jobs by the daemon's clock, against onnxruntime-node called in a bare loop on the same graph with the same
 * buffers and threads. The two take turns, so that a machine whose speed drifts is the same for both.
 */
export async function benchTorch(): Promise<Figure[]> {
  const home = await MinerHome.make()
  const coordinator = await startCoordinatorProgram()
  try {
    const keys = { COORD_URL: coordinator.url, API_KEY: 'bench-miner', WORKLOADS: 'torch_bench', ENGINE_THREADS: THREADS }
    await home.configure({ ...keys, ACCEL_MODE: 'cpu' })
    const miner = home.start()
    const logFile = join(home.dir, 'miner.log')
    const client = new Client(coordinator.url, 'bench-client')
    await minerIterationMs(client, logFile, 1)
    const bare: number[] = []
    const ours: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      bare.push(await bareIterationMs())
      ours.push(await minerIterationMs(client, logFile, PAIRS))
    }
    await miner.stop()
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
  } finally {
    await coordinator.program.stop()
    await home.remove()
  }
}

/** Of the matrix product, as the workload counts. */
function gflops(iterationMs: number): number {
  return (2 * SIZE ** 3) / iterationMs / 1e6
}

async function bareIterationMs(): Promise<number> {
  const args = [SIZE, ITERATIONS, PAIRS, THREADS].map(String)
  const program = new Program('bare onnxruntime', 'bench/bare/torch.ts', args)
  if ((await program.ended()) !== 0) throw new Error(`onnxruntime-node failed:\n${program.lines.join('\n')}`)
  const runs = program.lines.filter((line) => line.startsWith('{')).map((line) => BareSchema.parse(JSON.parse(line)))
  return median(runs.map(({ iterationMs }) => iterationMs))
}

/**
 * Runs pairs of a long job and a short one, and returns the median of what an iteration more takes: by the daemon's clock, without what
 * all jobs have in common.
 */
async function minerIterationMs(client: Client, logFile: string, pairs: number): Promise<number> {
  for (let pair = 0; pair < pairs; pair += 1) {
    await multiply(client, SHORT_ITERATIONS + ITERATIONS)
    await multiply(client, SHORT_ITERATIONS)
  }
  const runMs = (await logLines(logFile, 'job done')).slice(-2 * pairs).map((line) => line.run_ms ?? Number.NaN)
  return median(Array.from({ length: pairs }, (_, pair) => ((runMs[2 * pair] ?? 0) - (runMs[2 * pair + 1] ?? 0)) / ITERATIONS))
}

async function multiply(client: Client, iterations: number): Promise<void> {
  const { id } = await client.submit({ workload: 'torch_bench', params: { size: SIZE, iterations } })
  const view = await client.finished(id)
  if (view.state !== 'completed') throw new Error(`a torch_bench job ${view.state}: ${view.error?.message ?? 'no reason'}`)
}
