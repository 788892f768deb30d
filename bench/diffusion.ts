import { fileURLToPath } from 'node:url'
import { median } from './figures.ts'
import type { Figure } from './figures.ts'
import { onnxRounds } from './onnx-rounds.ts'
import type { BenchJob } from './onnx-rounds.ts'

const MODEL = fileURLToPath(new URL('../models/tiny-sd', import.meta.url))
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

/**
 * Milliseconds of a step of an `sd_infer` job in the daemon's engine child, scheduler, guidance and progress events included, against
 * onnxruntime-node called in a bare loop on the same network with the same shapes and threads.
 */
export async function benchDiffusion(): Promise<Figure[]> {
  const { bare, ours } = await onnxRounds({
    workload: 'sd_infer',
    config: { ENGINE_THREADS: THREADS },
    bareProgram: 'bench/bare/diffusion.ts',
    bareArgs: [MODEL, SIDE, TEXT_WIDTH, STEPS, PICTURES, THREADS],
    rounds: ROUNDS,
    measure: async (miner) => (await miner.differenceMs(picture(SHORT_STEPS + STEPS), picture(SHORT_STEPS), PICTURES)) / STEPS,
  })
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
}

function picture(steps: number): BenchJob {
  return { workload: 'sd_infer', params: { prompt: 'a red circle on a white background', steps, seed: 1 } }
}
