/** `npm run soak -- --minutes N [--seed N] [--rate N]`: a miner under a steady, mixed load with faults, watched for leaks. */
import { readOptions, refuseArguments } from '../read-options.ts'
import { SeededRandom } from './seeded-random.ts'
import type { Look } from './soak-readings.ts'
import { soakRun } from './soak-run.ts'
import { judgeSoak } from './soak-verdict.ts'

const USAGE = 'Usage: npm run soak -- [--minutes N] [--seed N] [--rate JOBS_PER_SECOND]\n'

const { values } = readOptions(USAGE, {
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string' },
    rate: { type: 'string', default: '2' },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const jobsPerS = Number(values.rate)
if (!(minutes > 0) || !Number.isInteger(seed) || !(jobsPerS > 0)) {
  refuseArguments(USAGE, '--minutes and --rate are numbers above 0, --seed is a whole number')
}
say(`seed ${seed}, ${minutes} minutes, ${jobsPerS} jobs a second`)

/** So that a table of about thirty lines comes of it, whatever the length. */
const everyMs = Math.max((minutes * 60_000) / 30, 10_000)
const startedMs = performance.now()
let shownMs = Number.NEGATIVE_INFINITY
let heapMb: number | null = null
say(
  '   time    jobs   ended  miner MB  heap MB  files  threads  engines  engines MB  coordinator MB  journal MB  wal MB  log MB  slowdown',
)

const stop = new AbortController()
const timer = setTimeout(() => stop.abort(), minutes * 60_000)
process.once('SIGINT', () => stop.abort())
const { series, audit, engineKills, faults, problems } = await soakRun({
  seed,
  random: new SeededRandom(seed),
  jobsPerS,
  signal: stop.signal,
  onLook: show,
})
clearTimeout(timer)

const verdict = judgeSoak(series, audit)
const wrong = [...verdict.problems, ...problems]
say('')
for (const line of verdict.lines) say(line)
say(`faults: ${faults}`)
say(
  `${audit.jobs} jobs, ${audit.completed} completed, ${engineKills} engines killed; ` +
    `proofs lost ${audit.proofsLost}, proofs doubled ${audit.proofsDoubled}, problems ${wrong.length}`,
)
for (const problem of wrong) say(`  ${problem}`)
say(wrong.length === 0 ? 'passed: nothing grows, and the books agree' : 'FAILED')
process.exitCode = wrong.length === 0 ? 0 : 1

function show(look: Look, jobs: { readonly submitted: number; readonly ended: number }): void {
  heapMb = look.minerHeapMb ?? heapMb
  const nowMs = performance.now()
  if (nowMs - shownMs < everyMs) return
  shownMs = nowMs
  const seconds = Math.round((nowMs - startedMs) / 1000)
  const cells: readonly (readonly [string | number, number])[] = [
    [`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`, 7],
    [jobs.submitted, 8],
    [jobs.ended, 8],
    [look.minerRssMb.toFixed(1), 10],
    [heapMb?.toFixed(1) ?? '-', 9],
    [look.minerFiles, 7],
    [look.minerThreads, 9],
    [look.engines, 9],
    [look.engineRssMb.toFixed(0), 12],
    [look.coordinatorRssMb.toFixed(1), 16],
    [look.journalMb.toFixed(2), 12],
    [look.walMb.toFixed(2), 8],
    [look.logMb.toFixed(2), 8],
    [look.slowdown.toFixed(1), 10],
  ]
  say(cells.map(([cell, width]) => String(cell).padStart(width)).join(''))
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
