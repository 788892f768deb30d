/** Runs one target in a thread of its own, so that an input that never ends, or takes all memory, ends no more than that. */
import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { FUZZ_TARGETS } from './targets.ts'

const task = z
  .object({
    name: z.string(),
    seed: z.number(),
    path: z.string().optional(),
    maxRuns: z.number(),
    maxMs: z.number(),
    counter: z.instanceof(SharedArrayBuffer),
  })
  .parse(workerData)

const counter = new Int32Array(task.counter)
const target = FUZZ_TARGETS.find(({ name }) => name === task.name)
const result = await target?.fuzz({
  seed: task.seed,
  maxRuns: task.maxRuns,
  maxMs: task.maxMs,
  ...(task.path === undefined ? {} : { path: task.path }),
  onRun: () => void Atomics.add(counter, 0, 1),
})
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage(result)
