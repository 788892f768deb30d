import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { Client } from '../scripts/local-chain/client.ts'
import { MinerHome, startCoordinatorProgram } from '../scripts/local-chain/chain.ts'
import { Program } from '../scripts/local-chain/program.ts'
import { median } from './figures.ts'
import type { Figure } from './figures.ts'

const MODEL = fileURLToPath(new URL('../models/tiny-sd', import.meta.url))
/** Of the embedded model: latents on a side, numbers a token of text. */
const SIDE = 16
const TEXT_WIDTH = 128
const STEPS = 50
const PICTURES = 4
const ROUNDS = 7
/** The embedded model is small: more threads than one wait for each other more than they compute. */
const THREADS = 1
const TARGET = 0.97

const BareSchema = z.object({ stepMs: z.number() })
const MetricsSchema = z.object({ step_ms: z.number() })

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
    const client = new Client(coordinator.url, 'bench-client')
    await minerStepMs(client, 1)
    const bare: number[] = []
    const ours: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      bare.push(await bareStepMs())
      ours.push(await minerStepMs(client, PICTURES))
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

/** Runs jobs one after another and returns the median of their mean step times. */
async function minerStepMs(client: Client, jobs: number): Promise<number> {
  const stepMs: number[] = []
  for (let job = 0; job < jobs; job += 1) {
    const params = { prompt: 'a red circle on a white background', steps: STEPS, seed: job }
    const { id } = await client.submit({ workload: 'sd_infer', params })
    const { state, metrics } = await client.finished(id)
    if (state !== 'completed') throw new Error(`job ${id} is ${state}`)
    stepMs.push(MetricsSchema.parse(metrics).step_ms)
  }
  return median(stepMs)
}
