/**
 * onnxruntime-node called directly on the Silero voice model with one frame of sound: a warm-up, then the given number of runs with
 * the given number of threads, each a pause after the one before, as jobs that come one by one. Prints the milliseconds of each run,
 * as JSON lines.
 */
import { setTimeout } from 'node:timers/promises'
import ort from 'onnxruntime-node'

const [modelPath = '', samples = '', runs = '', threads = ''] = process.argv.slice(2)

const session = await ort.InferenceSession.create(modelPath, {
  executionProviders: ['cpu'],
  intraOpNumThreads: Number(threads),
  logSeverityLevel: 3,
})
const sound = Float32Array.from({ length: Number(samples) }, (_, i) => Math.sin(i / 7) / 2)
const inputs = {
  input: new ort.Tensor('float32', sound, [1, sound.length]),
  state: new ort.Tensor('float32', new Float32Array(256), [2, 1, 128]),
  sr: new ort.Tensor('int64', BigInt64Array.of(16_000n), []),
}

/** About what lies between two jobs of one client. */
const PAUSE_MS = 10

for (let run = 0; run <= Number(runs); run += 1) {
  await setTimeout(PAUSE_MS)
  const startedMs = performance.now()
  await session.run(inputs)
  const runMs = performance.now() - startedMs
  if (run > 0) process.stdout.write(`${JSON.stringify({ ms: runMs })}\n`)
}
