import { createHash } from 'node:crypto'
import { canonicalJson } from '../../engine/child/canonical-json.ts'
import type { OnnxEngine } from '../../engine/child/onnx-engine.ts'
import type { RunContext, WorkloadResult } from '../../engine/child/run-context.ts'
import { stepModel } from './step-model.ts'
import { startValues } from './recurrence.ts'
import { torchBenchParams } from './schema.ts'

const PROGRESS_MS = 200

/** Runs the recurrence of `recurrence.ts` on ONNX Runtime. Cancel takes effect between iterations. */
export async function runTorchBench(context: RunContext<OnnxEngine>): Promise<WorkloadResult> {
  const { engine, signal } = context
  const { size, iterations, dtype, seed } = torchBenchParams.parse(context.params)
  const session = await engine.session('torch_bench', stepModel)
  const start = startValues(size, seed)
  const b = engine.tensor('float32', start.scaledB, [size, size])
  const c = engine.tensor('float32', start.scaledC, [size])
  // Two buffers take turns as input and output, so that no iteration allocates.
  let current = { data: start.x, tensor: engine.tensor('float32', start.x, [size, size]) }
  const spareData = new Float32Array(size * size)
  let spare = { data: spareData, tensor: engine.tensor('float32', spareData, [size, size]) }

  const startMs = performance.now()
  let toldMs = startMs
  for (let done = 1; done <= iterations; done++) {
    signal.throwIfAborted()
    await session.run({ x: current.tensor, b, c }, { next: spare.tensor })
    const last = current
    current = spare
    spare = last
    const nowMs = performance.now()
    const isLongDone = done === iterations && toldMs > startMs
    if (nowMs - toldMs >= PROGRESS_MS || isLongDone) {
      toldMs = nowMs
      context.progress({ type: 'progress', data: { done, total: iterations } })
    }
  }
  const seconds = (performance.now() - startMs) / 1000

  return {
    mode: engine.mode,
    mediaType: 'application/json',
    output: canonicalJson({ checksum: checksumOf(current.data), dtype, iterations, seed, size }),
    metrics: { throughput_ops: iterations / seconds, seconds, gflops: (2 * size ** 3 * iterations) / seconds / 1e9 },
    environment: {},
  }
}

/** sha256 of the matrix, row by row, one byte an entry. */
function checksumOf(matrix: Float32Array): string {
  return createHash('sha256').update(Uint8Array.from(matrix)).digest('hex')
}
