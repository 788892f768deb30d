/**
 * onnxruntime-node called directly on the graph of `torch_bench`: one warm-up, then the given number of runs of so many iterations
 * each, two buffers taking turns as input and output. Prints the mean milliseconds of an iteration of each run, as JSON lines.
 */
import ort from 'onnxruntime-node'
import { startValues } from '../../src/workloads/torch-bench/recurrence.ts'
import { stepModel } from '../../src/workloads/torch-bench/step-model.ts'

const [size = '', iterations = '', runs = '', threads = ''] = process.argv.slice(2)

const session = await ort.InferenceSession.create(stepModel(), {
  executionProviders: ['cpu'],
  intraOpNumThreads: Number(threads),
  logSeverityLevel: 3,
})
const side = Number(size)
const { x, scaledB, scaledC } = startValues(side, 0)
const b = new ort.Tensor('float32', scaledB, [side, side])
const c = new ort.Tensor('float32', scaledC, [side])
let current = new ort.Tensor('float32', x, [side, side])
let spare = new ort.Tensor('float32', new Float32Array(side * side), [side, side])

for (let run = 0; run <= Number(runs); run += 1) {
  const startedMs = performance.now()
  for (let done = 0; done < Number(iterations); done += 1) {
    await session.run({ x: current, b, c }, { next: spare })
    const last = current
    current = spare
    spare = last
  }
  const iterationMs = (performance.now() - startedMs) / Number(iterations)
  if (run > 0) process.stdout.write(`${JSON.stringify({ ms: iterationMs })}\n`)
}
