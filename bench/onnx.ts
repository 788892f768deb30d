import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { median } from './figures.ts'
import type { Figure } from './figures.ts'
import { onnxRounds } from './onnx-rounds.ts'
import type { BenchJob } from './onnx-rounds.ts'

const MODEL = fileURLToPath(new URL('../node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx', import.meta.url))
/** One frame of 512 samples, and the 64 before it. */
const SAMPLES = 576
const JOBS = 40
const ROUNDS = 5
const THREADS = 1
const TARGET_MS = 3

/**
 * Milliseconds that an `onnx_infer` job on a small loaded model takes in the daemon, from its start to its hashed output, beyond what
 * `session.run` takes for the same inputs in a bare program.
 */
export async function benchOnnx(): Promise<Figure[]> {
  const job = await voiceJob()
  const jobs = Array.from({ length: JOBS }, () => job)
  const { bare, ours } = await onnxRounds({
    workload: 'onnx_infer',
    config: { ENGINE_THREADS: THREADS, MODEL_PATHS: dirname(MODEL) },
    bareProgram: 'bench/bare/onnx.ts',
    bareArgs: [MODEL, SAMPLES, JOBS, THREADS],
    rounds: ROUNDS,
    measure: async (miner) => median(await miner.runMs(jobs)),
  })
  const overheadMs = median(ours.map((ms, round) => ms - (bare[round] ?? Number.NaN)))
  return [
    {
      what: 'onnx_infer, Silero VAD, one frame a job',
      ours: `${overheadMs.toFixed(2)} ms beyond session.run (${median(ours).toFixed(2)} ms a job)`,
      peer: `${median(bare).toFixed(2)} ms (bare session.run)`,
      ratio: null,
      target: `≤ ${TARGET_MS} ms`,
      isMet: overheadMs <= TARGET_MS,
    },
  ]
}

async function voiceJob(): Promise<BenchJob> {
  const sound = Float32Array.from({ length: SAMPLES }, (_, i) => Math.sin(i / 7) / 2)
  const sha256 = createHash('sha256')
    .update(await readFile(MODEL))
    .digest('hex')
  return {
    workload: 'onnx_infer',
    params: {
      model: { uri: pathToFileURL(MODEL).href, sha256 },
      inputs: {
        input: { dtype: 'float32', shape: [1, SAMPLES], data: [...sound] },
        state: { dtype: 'float32', shape: [2, 1, 128], data: { base64: Buffer.alloc(1024).toString('base64') } },
        sr: { dtype: 'int64', shape: [], data: 16_000 },
      },
    },
  }
}
