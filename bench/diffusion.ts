import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { Client } from '../scripts/local-chain/client.ts'
import { MinerHome, startCoordinatorProgram } from '../scripts/local-chain/chain.ts'
import { Program } from '../scripts/local-chain/program.ts'
import { median } from './figures.ts'
import type { Figure } from './figures.ts'
import { logLines } from './miner-log.ts'

const MODEL = fileURLToPath(new URL('../models/tiny-sd', import.meta.url))
const PROMPT = 'a red circle on a white background'
/** Of the embedded model: latents on a side, numbers a token of text. */
const SIDE = 16
const TEXT_WIDTH = 128
const STEPS = 100
/** Of the job that a longer one is held against. */
const SHORT_STEPS = 10
const PICTURES = 3
const ROUNDS = 5
/** More than one wait for each other, not for the network, where the machine has other work: a bench that says nothing. */
const THREADS = 1
const TARGET = 0.97

const BareSchema = z.object({ stepMs: z.number() })

/**
 * Milliseconds of a step of an `sd_infer` job in the daemon's engine child, scheduler, guidance and progress events included, against
 * onnxruntime-node called in a bare loop on the same network with the same shapes and threads. The two take turns, so that a machine
 * whose speed drifts is the same for both.
 */
export async function benchDiffusion(): Promise<Figure[]> {
  const home = await MinerHome.make()
  const coordinator = await startCoordinatorProgram()
  try {
    const keys = { COORD_URL: coordinator.url, API_KEY: 'bench-miner', WORKLOADS: 'sd_infer', ENGINE_THREADS: THREADS }
    await home.configure({ ...keys, ACCEL_MODE: 'cpu' })
    const miner = home.start()
    const logFile = join(home.dir, 'miner.log')
    const client = new Client(coordinator.url, 'bench-client')
    await minerStepMs(client, logFile, 1)
    const bare: number[] = []
    const ours: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      bare.push(await bareStepMs())
      ours.push(await minerStepMs(client, logFile, PICTURES))
    }
    await miner.stop()
    const ratio = median(ours.map((stepMs, round) => (bare[round] ?? Number.NaN) / stepMs))
    return [
      {
        what: `sd_infer, tiny-sd, ${STEPS} guided steps, ${THREADS} thread`,
        ours: `${median(ours).toFixed(2)} ms a step`,
        peer: `${median(bare).toFixed(2)} ms a step (bare onnxruntime-node loop)`,
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

async function bareStepMs(): Promise<number> {
  const args = [MODEL, SIDE, TEXT_WIDTH, STEPS, PICTURES, THREADS].map(String)
  const program = new Program('bare onnxruntime', 'bench/bare/diffusion.ts', args)
  if ((await program.ended()) !== 0) throw new Error(`onnxruntime-node failed:\n${program.lines.join('\n')}`)
  const runs = program.lines.filter((line) => line.startsWith('{')).map((line) => BareSchema.parse(JSON.parse(line)))
  return median(runs.map(({ stepMs }) => stepMs))
}

/**
 * Runs pairs of a long job and a short one, and returns the median of what a step more takes: by the daemon's clock, without what all
 * jobs have in common.
 */
async function minerStepMs(client: Client, logFile: string, pairs: number): Promise<number> {
  for (let pair = 0; pair < pairs; pair += 1) {
    await draw(client, SHORT_STEPS + STEPS, pair)
    await draw(client, SHORT_STEPS, pair)
  }
  const runMs = (await logLines(logFile, 'job done')).slice(-2 * pairs).map((line) => line.run_ms ?? Number.NaN)
  return median(Array.from({ length: pairs }, (_, pair) => ((runMs[2 * pair] ?? 0) - (runMs[2 * pair + 1] ?? 0)) / STEPS))
}

async function draw(client: Client, steps: number, seed: number): Promise<void> {
  const { id } = await client.submit({ workload: 'sd_infer', params: { prompt: PROMPT, steps, seed } })
  const { state, error } = await client.finished(id)
  if (state !== 'completed') throw new Error(`job ${id} is ${state}: ${error?.message ?? 'no reason given'}`)
}
