import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { audit } from './books.ts'
import type { Audit } from './books.ts'
import { ChainUnderTest } from './chain-under-test.ts'
import { comeToRest } from './come-to-rest.ts'
import { plannedJob } from './job-mix.ts'
import { killIfThere } from './marked-processes.ts'
import { PatientClient } from './patient-client.ts'
import type { SeededRandom } from './seeded-random.ts'
import { SOAK_FAULTS } from './soak-faults.ts'
import { heapReport, SoakReadings } from './soak-readings.ts'
import type { Look } from './soak-readings.ts'
import type { SoakSeries } from './soak-verdict.ts'

const LOOK_MS = 5_000
/** So many jobs at most wait or run at once: a machine that is too slow for the pace gets fewer, not a queue that grows. */
const MAX_OPEN = 8
/** Between one kill of an engine and the next, on average. */
const ENGINE_KILL_MS = 60_000
const FaultsSchema = z.object({
  injected: z.number(),
  rules: z.array(z.object({ name: z.string(), injected: z.number() })),
})
const REPORT_HEAP = fileURLToPath(new URL('report-heap.ts', import.meta.url))

export interface SoakOptions {
  readonly seed: number
  readonly random: SeededRandom
  readonly jobsPerS: number
  /** Ends the load; what has begun comes to rest. */
  readonly signal: AbortSignal
  /** Told of each look, and how many jobs were submitted and have ended by then. */
  readonly onLook: (look: Look, jobs: { readonly submitted: number; readonly ended: number }) => void
}

export interface SoakRun {
  readonly series: SoakSeries
  readonly audit: Audit
  readonly engineKills: number
  /** How often each fault struck. */
  readonly faults: string
  readonly problems: readonly string[]
}

/** Loads a miner at a steady pace, with faults and now and then a killed engine, until the signal aborts; then checks the books. */
export async function soakRun(options: SoakOptions): Promise<SoakRun> {
  const chain = await ChainUnderTest.make({
    leaseS: 10,
    minerKeys: { REQUEST_TIMEOUT_SECS: 5, HEARTBEAT_SECS: 1 },
    minerPreload: [REPORT_HEAP],
    minerEnvironment: (dir) => ({ REPORT_HEAP_TO: heapReport(dir) }),
  })
  try {
    await plan(chain, { seed: options.seed, ...SOAK_FAULTS })
    const readings = new SoakReadings(chain, Date.now())
    const client = new PatientClient(chain.client, (id, atMs) => readings.times.submitted(id, atMs))
    chain.startMiner()
    const [engineKills] = await Promise.all([
      killEngines(chain, options),
      submitJobs(chain, client, options),
      look(chain, readings, client, options),
    ])
    const faults = await struck(chain)
    await plan(chain, { rules: [] })
    const problems = await comeToRest(chain, client)
    const { pickUps, proofs } = readings.times
    return {
      series: { ...Object.fromEntries(readings.series), pickUpMs: pickUps, proofMs: proofs },
      audit: audit(await chain.books(client.orders)),
      engineKills,
      faults,
      problems,
    }
  } finally {
    await chain.remove()
  }
}

/** A steady pace: no burst makes up for what was late. */
async function submitJobs(
  chain: ChainUnderTest,
  client: PatientClient,
  { random, jobsPerS, signal }: SoakOptions,
): Promise<void> {
  const calls = new Set<Promise<void>>()
  while (!signal.aborted) {
    await pause((1_000 / jobsPerS) * (0.5 + random.next()), signal)
    if ((await chain.openJobs()) >= MAX_OPEN) continue
    const job = plannedJob(random)
    const cancelAfterMs = random.between(0, 2_000)
    const call = client.submit(job).then(async (id) => {
      if (job.end !== 'canceled') return
      await sleep(cancelAfterMs)
      await client.cancel(id)
    })
    calls.add(call)
    void call.finally(() => calls.delete(call))
  }
  await Promise.all(calls)
}

async function killEngines(chain: ChainUnderTest, { random, signal }: SoakOptions): Promise<number> {
  let kills = 0
  for (;;) {
    await pause(ENGINE_KILL_MS * (0.5 + random.next()), signal)
    if (signal.aborted) return kills
    const engines = chain.engines()
    if (engines.length === 0) continue
    if (killIfThere(random.pick(engines))) kills += 1
  }
}

async function look(
  chain: ChainUnderTest,
  readings: SoakReadings,
  client: PatientClient,
  { signal, onLook }: SoakOptions,
): Promise<void> {
  // The start is no part of the life that is looked at.
  await pause(LOOK_MS, signal)
  while (!signal.aborted) {
    if (chain.miner?.hasEnded === true) throw new Error(`the miner ended by itself:\n${chain.miner.lines.slice(-20).join('\n')}`)
    onLook(readings.look(), { submitted: client.orders.length, ended: readings.times.ended })
    await pause(LOOK_MS, signal)
  }
}

/** Sleeps, but no longer than until the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}

async function plan(chain: ChainUnderTest, faults: object): Promise<void> {
  await admin(chain, { method: 'PUT', body: JSON.stringify(faults) })
}

async function struck(chain: ChainUnderTest): Promise<string> {
  const { injected, rules } = FaultsSchema.parse(JSON.parse(await admin(chain, { method: 'GET' })))
  return `${injected}: ${rules.map((rule) => `${rule.name} ${rule.injected}`).join(', ')}`
}

async function admin(chain: ChainUnderTest, init: RequestInit): Promise<string> {
  const response = await fetch(`${chain.url}/v1/admin/faults`, {
    ...init,
    headers: { authorization: 'Bearer admin', 'content-type': 'application/json' },
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${init.method} /v1/admin/faults: HTTP ${response.status} ${text}`)
  return text
}
