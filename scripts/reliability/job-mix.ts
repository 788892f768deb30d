import type { WireJobSubmission } from '../../src/protocol/client-jobs.ts'
import type { SeededRandom } from './seeded-random.ts'

/** A job to submit, and how it must end whatever happens on the way. */
export interface PlannedJob {
  readonly submission: Partial<WireJobSubmission> & { readonly workload: string }
  /** canceled: its client cancels it after a while, so that it may have been completed by then. */
  readonly end: 'completed' | 'failed' | 'canceled'
}

/** Floats that tiny-sd-decoder gives for one picture: 48 KiB. */
const LATENT = { channels: 4, side: 16 }

/** A job whose output, 48 KiB for each picture and a header, is too large to travel in the proof from two pictures on. */
export function largeOutputJob(pictures: number): PlannedJob['submission'] {
  const { channels, side } = LATENT
  const data = Array.from({ length: pictures * channels * side * side }, (_, at) => (at % 7) - 3)
  const latents = { dtype: 'float32', shape: [pictures, channels, side, side], data }
  return { workload: 'onnx_infer', params: { model: 'tiny-sd-decoder', inputs: { latent_sample: latents } } }
}

/** What the mix is made of; each kind is as likely as the times it stands here. */
const KINDS: readonly ((random: SeededRandom) => PlannedJob)[] = [
  (random) => completes('torch_bench', { size: 64, iterations: random.between(10, 80) }),
  (random) => completes('torch_bench', { size: 256, iterations: random.between(20, 200) }),
  (random) =>
    completes('llm_gen', { prompt: 'Once upon a time', max_tokens: random.between(8, 60), seed: random.between(0, 99) }),
  (random) => ({ submission: largeOutputJob(random.between(2, 4)), end: 'completed' }),
  () => ({ submission: { workload: 'torch_bench', params: { size: 0 } }, end: 'failed' }),
  () => ({ submission: { workload: 'llm_gen', params: { prompt: 'x', max_tokens: 8, grammar: 'root ::= (' } }, end: 'failed' }),
  () => ({ submission: { workload: 'torch_bench', params: { size: 512, iterations: 100_000 } }, end: 'canceled' }),
]

/** The next job of the mix. Rewards differ, so that a wrong sum cannot come out right. */
export function plannedJob(random: SeededRandom): PlannedJob {
  const { submission, end } = random.pick(KINDS)(random)
  const amount = (random.between(1, 99_999_999) / 1e8).toFixed(8)
  return { submission: { ...submission, reward: { amount, unit: 'AITBC' } }, end }
}

function completes(workload: string, params: Readonly<Record<string, unknown>>): PlannedJob {
  return { submission: { workload, params }, end: 'completed' }
}
