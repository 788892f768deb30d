/**
 * `npm run fuzz -- [TARGET…] [--seconds N] [--seed N] [--path PATH]`: attacks each target, or those named, for N seconds with inputs from one
 * seed. Ends with 1 when an input did harm, which is printed with the command that tries it again; with 2 for wrong arguments.
 */
import { randomInt } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import { readOptions, refuseArguments } from '../../scripts/read-options.ts'
import type { FuzzResult } from './fuzz-target.ts'
import { FUZZ_TARGETS } from './targets.ts'

const DEFAULT_SECONDS = '10'
/** An input that keeps a target busy for so long is taken for one that never ends. */
const STUCK_MS = 60_000
const MAX_HEAP_MB = 512

interface Task {
  readonly name: string
  readonly seed: number
  readonly path: string | undefined
  readonly seconds: number
}

const resultSchema = z.object({
  runs: z.number(),
  failure: z.object({ path: z.string(), input: z.string(), reason: z.string() }).nullable(),
}) satisfies z.ZodType<FuzzResult>

/** Runs a target to the end of its time; an input that it never comes back from is a failure at that run. */
function attack({ name, seed, path, seconds }: Task): Promise<FuzzResult> {
  const counter = new SharedArrayBuffer(4)
  const runs = (): number => Atomics.load(new Int32Array(counter), 0)
  return new Promise((resolve) => {
    const worker = new Worker(new URL('fuzz-worker.ts', import.meta.url), {
      workerData: { name, seed, path, maxRuns: 2 ** 31 - 1, maxMs: seconds * 1000, counter },
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    })
    const lost = (reason: string): FuzzResult => ({
      runs: runs(),
      failure: { path: path ?? String(runs() - 1), input: '(not shrunk: the run did not come back)', reason },
    })
    let seen = -1
    let isOver = false
    const watchdog = setInterval(() => {
      if (runs() > 0 && runs() === seen) void finish(lost(`no end within ${STUCK_MS} ms`))
      seen = runs()
    }, STUCK_MS)
    // The first word counts: the end of the thread is told after its result.
    const finish = async (result: FuzzResult): Promise<void> => {
      if (isOver) return
      isOver = true
      clearInterval(watchdog)
      await worker.terminate()
      resolve(result)
    }
    worker.once('message', (message) => void finish(resultSchema.parse(message)))
    worker.once('error', (error) => void finish(lost(error instanceof Error ? (error.stack ?? error.message) : String(error))))
    worker.once('exit', () => void finish(lost('the thread ended without a word')))
  })
}

function render({ name, seed }: Task, { failure }: FuzzResult): string {
  if (failure === null) return ''
  const replay = `npm run fuzz -- ${name} --seed ${seed} --path ${failure.path}`
  return `  input:  ${failure.input}\n  reason: ${failure.reason.replaceAll('\n', '\n          ')}\n  again:  ${replay}\n`
}

async function main(): Promise<number> {
  const names = FUZZ_TARGETS.map(({ name }) => name)
  const usage = `Usage: npm run fuzz -- [TARGET…] [--seconds N] [--seed N]\n       npm run fuzz -- TARGET --seed N --path PATH\nTargets: ${names.join(', ')}\n`
  const { values, positionals } = readOptions(usage, {
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: DEFAULT_SECONDS },
      seed: { type: 'string' },
      path: { type: 'string' },
    },
  })
  const stranger = positionals.find((name) => !names.includes(name))
  const seconds = Number(values.seconds)
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
  if (stranger !== undefined) refuseArguments(usage, `there is no target ${stranger}`)
  if (!(seconds > 0) || !Number.isInteger(seed)) refuseArguments(usage, '--seconds is a number above 0, --seed a whole number')
  if (values.path !== undefined && positionals.length !== 1) refuseArguments(usage, '--path is that of an input of one target')
  process.stdout.write(`seed ${seed}\n`)
  let failures = 0
  for (const name of positionals.length === 0 ? names : positionals) {
    const task = { name, seed, path: values.path, seconds }
    const startedMs = performance.now()
    const result = await attack(task)
    const tookS = ((performance.now() - startedMs) / 1000).toFixed(1)
    process.stdout.write(
      `${result.failure === null ? '✓' : '✗'} ${name.padEnd(24)} ${String(result.runs).padStart(9)} runs  ${tookS.padStart(6)} s\n`,
    )
    process.stdout.write(render(task, result))
    if (result.failure !== null) failures += 1
  }
  return failures === 0 ? 0 : 1
}

process.exitCode = await main()
