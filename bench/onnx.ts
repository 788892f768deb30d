import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { z } from 'zod'
import { Client } from '../scripts/local-chain/client.ts'
import { MinerHome, startCoordinatorProgram } from '../scripts/local-chain/chain.ts'
import { Program } from '../scripts/local-chain/program.ts'
import { median } from './figures.ts'
import type { Figure } from './figures.ts'
import { logLines } from './miner-log.ts'

const MODEL = fileURLToPath(new URL('../node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx', import.meta.url))
/** One frame of 512 samples, and the 64 before it. */
const SAMPLES = 576
const JOBS = 40
const ROUNDS = 5
const THREADS = 1
const TARGET_MS = 3

const BareSchema = z.object({ runMs: z.number() })

/**
 * Milliseconds that an `onnx_infer` job on a small loaded model takes in the daemon, from its start to its hashed output, beyond what
 * `session.run` takes for the same inputs in a bare program. The two take turns, so that a machine whose speed drifts is the same
 * for both.
 */
export async function benchOnnx(): Promise<Figure[]> {
  const home = await MinerHome.make()
  const coordinator = await startCoordinatorProgram()
  try {
    const keys = { COORD_URL: coordinator.url, API_KEY: 'bench-miner', WORKLOADS: 'onnx_infer', ENGINE_THREADS: THREADS }
    await home.configure({ ...keys, ACCEL_MODE: 'cpu', MODEL_PATHS: dirname(MODEL) })
    const miner = home.start()
    const logFile = join(home.dir, 'miner.log')
    const client = new Client(coordinator.url, 'bench-client')
    const job = await voiceJob()
    await minerRunMs(client, job, logFile, 1)
    const bare: number[] = []
    const ours: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      bare.push(await bareRunMs())
      ours.push(await minerRunMs(client, job, logFile, JOBS))
    }
    await miner.stop()
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
  } finally {
    await coordinator.program.stop()
    await home.remove()
  }
}

type VoiceJob = Parameters<Client['submit']>[0]

async function voiceJob(): Promise<VoiceJob> {
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

async function bareRunMs(): Promise<number> {
  const program = new Program('bare onnxruntime', 'bench/bare/onnx.ts', [MODEL, ...[SAMPLES, JOBS, THREADS].map(String)])
  if ((await program.ended()) !== 0) throw new Error(`onnxruntime-node failed:\n${program.lines.join('\n')}`)
  const runs = program.lines.filter((line) => line.startsWith('{')).map((line) => BareSchema.parse(JSON.parse(line)))
  return median(runs.map(({ runMs }) => runMs))
}

/** Runs jobs one after another and returns the median of what they took, by the daemon's clock. */
async function minerRunMs(client: Client, job: VoiceJob, logFile: string, jobs: number): Promise<number> {
  for (let done = 0; done < jobs; done += 1) {
    const { id } = await client.submit(job)
    const view = await client.finished(id)
    if (view.state !== 'completed') throw new Error(`an onnx_infer job ${view.state}: ${view.error?.message ?? 'no reason'}`)
  }
  return median((await logLines(logFile, 'job done')).slice(-jobs).map((line) => line.run_ms ?? Number.NaN))
}
