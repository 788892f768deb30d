/**
 * onnxruntime-node called directly on the denoising network of a diffusion model, with the shapes of a guided picture (a batch of
 * two) and the given number of threads: one warm-up, then the given number of runs of so many steps each. Prints the mean
 * milliseconds of a step of each run, as JSON lines.
 */
import { join } from 'node:path'
import ort from 'onnxruntime-node'

const [modelPath = '', side = '', textWidth = '', steps = '', runs = '', threads = ''] = process.argv.slice(2)

const session = await ort.InferenceSession.create(join(modelPath, 'unet', 'model.onnx'), {
  executionProviders: ['cpu'],
  intraOpNumThreads: Number(threads),
  logSeverityLevel: 3,
})
const latents = [2, 4, Number(side), Number(side)]
const sample = Float32Array.from({ length: 2 * 4 * Number(side) ** 2 }, (_, i) => Math.sin(i))
const states = Float32Array.from({ length: 2 * 77 * Number(textWidth) }, (_, i) => Math.cos(i))
const output = new ort.Tensor('float32', new Float32Array(sample.length), latents)
const inputs = {
  sample: new ort.Tensor('float32', sample, latents),
  encoder_hidden_states: new ort.Tensor('float32', states, [2, 77, Number(textWidth)]),
}

for (let run = 0; run <= Number(runs); run += 1) {
  const startedMs = performance.now()
  for (let step = 0; step < Number(steps); step += 1) {
    const timestep = new ort.Tensor('int64', BigInt64Array.of(BigInt(999 - step)), [1])
    await session.run({ ...inputs, timestep }, { out_sample: output })
  }
  const stepMs = (performance.now() - startedMs) / Number(steps)
  if (run > 0) process.stdout.write(`${JSON.stringify({ ms: stepMs })}\n`)
}
