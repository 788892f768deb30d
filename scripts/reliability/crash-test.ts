/** `npm run test:crash -- --seed N --runs N`: kills the real miner and coordinator again and again, and checks the books. */
import { readOptions, refuseArguments } from '../read-options.ts'
import { ALL_POINTS, CrashPlanner } from './crash-plan.ts'
import { crashRun } from './crash-run.ts'
import { SeededRandom } from './seeded-random.ts'

const USAGE = 'Usage: npm run test:crash -- [--seed N] [--runs N]\n'
const STRIKES = 9
const MIN_JOBS = 12
const PATIENCE_MS = 15_000

const { values } = readOptions(USAGE, {
  options: { seed: { type: 'string' }, runs: { type: 'string', default: '25' } },
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const runs = Number(values.runs)
if (!Number.isInteger(seed) || !Number.isInteger(runs) || runs < 1) refuseArguments(USAGE, '--seed and --runs are whole numbers')
say(`seed ${seed}, ${runs} runs`)

const planner = new CrashPlanner(new SeededRandom(seed))
const total = { miner: 0, coordinator: 0, engine: 0, jobs: 0, completed: 0, lost: 0, doubled: 0, problems: 0 }
const points = new Set<string>()
for (let run = 1; run <= runs; run += 1) {
  const startedMs = performance.now()
  const {
    audit,
    kills,
    points: met,
    problems,
  } = await crashRun({
    strikes: planner.plan(STRIKES),
    minJobs: MIN_JOBS,
    random: new SeededRandom(seed + run),
    patienceMs: PATIENCE_MS,
  })
  const wrong = [...audit.problems, ...problems]
  total.miner += kills.miner
  total.coordinator += kills.coordinator
  total.engine += kills.engine
  total.jobs += audit.jobs
  total.completed += audit.completed
  total.lost += audit.proofsLost
  total.doubled += audit.proofsDoubled
  total.problems += wrong.length
  for (const point of met) points.add(point)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  say(
    `run ${run}: ${audit.jobs} jobs, ${audit.completed} completed; killed miner ${kills.miner}, coordinator ${kills.coordinator}, ` +
      `engines ${kills.engine} times, at ${met.join(', ') || 'no crash point'}; ${seconds} s; ${wrong.length === 0 ? 'the books agree' : 'WRONG'}`,
  )
  for (const problem of wrong) say(`  ${problem}`)
}
const unmet = ALL_POINTS.filter((point) => !points.has(point))
say('')
say(
  `seed ${seed}: ${total.miner + total.coordinator + total.engine} kills (miner ${total.miner}, coordinator ${total.coordinator}, ` +
    `engines ${total.engine}), at ${points.size} of ${ALL_POINTS.length} crash points; ${total.jobs} jobs, ${total.completed} completed`,
)
say(`proofs lost ${total.lost}, proofs doubled ${total.doubled}, problems ${total.problems}`)
if (unmet.length > 0) say(`no death at: ${unmet.join(', ')}`)
process.exitCode = total.problems === 0 ? 0 : 1

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
