import { setTimeout as sleep } from 'node:timers/promises'
import { audit } from './books.ts'
import type { Audit } from './books.ts'
import { ChainUnderTest } from './chain-under-test.ts'
import { comeToRest } from './come-to-rest.ts'
import type { Strike } from './crash-plan.ts'
import { plannedJob } from './job-mix.ts'
import { PatientClient } from './patient-client.ts'
import type { SeededRandom } from './seeded-random.ts'
import { Striker } from './striker.ts'

/** So many jobs at most wait or run at once. */
const MAX_OPEN = 10

export interface CrashRun {
  readonly audit: Audit
  readonly kills: Striker['kills']
  /** Crash points at which a program died, as `program point`. */
  readonly points: readonly string[]
  /** What the books do not tell: programs that ended by themselves, or did not end when told to. */
  readonly problems: readonly string[]
}

export interface CrashRunOptions {
  readonly strikes: readonly Strike[]
  /** More come as long as the strikes take. */
  readonly minJobs: number
  readonly random: SeededRandom
  /** How long a program may take to come to its crash point. */
  readonly patienceMs: number
}

/** Submits jobs while it kills as planned, lets all come to rest, and checks the books. */
export async function crashRun({ strikes, minJobs, random, patienceMs }: CrashRunOptions): Promise<CrashRun> {
  const chain = await ChainUnderTest.make()
  try {
    const striker = new Striker(chain, random, patienceMs)
    const client = new PatientClient(chain.client)
    chain.startMiner()
    const struck = new AbortController()
    const rested = new AbortController()
    const search = watchForEngine(chain, rested.signal)
    await Promise.all([
      submitJobs({ chain, client, minJobs, random, signal: struck.signal }),
      carryOut(strikes, striker).finally(() => struck.abort()),
    ])
    await striker.end()
    const problems = await comeToRest(chain, client)
    rested.abort()
    if (!(await search)) problems.push('no engine was ever seen, so that to see none at the end says nothing')
    return {
      audit: audit(await chain.books(client.orders)),
      kills: striker.kills,
      points: striker.points,
      problems: [...striker.problems, ...problems],
    }
  } finally {
    await chain.remove()
  }
}

async function carryOut(strikes: readonly Strike[], striker: Striker): Promise<void> {
  for (const strike of strikes) await striker.strike(strike)
}

/** Submits jobs of the mix, and cancels some after a while, until the signal aborts. */
async function submitJobs(deps: {
  readonly chain: ChainUnderTest
  readonly client: PatientClient
  readonly minJobs: number
  readonly random: SeededRandom
  readonly signal: AbortSignal
}): Promise<void> {
  const { chain, client, minJobs, random, signal } = deps
  const cancels: Promise<void>[] = []
  while (client.orders.length < minJobs || !signal.aborted) {
    const job = plannedJob(random)
    const id = await client.submit(job)
    if (job.end === 'canceled') cancels.push(sleep(random.between(0, 3_000)).then(() => client.cancel(id)))
    do await sleep(random.between(100, 1_200))
    while ((await chain.openJobs()) >= MAX_OPEN)
  }
  await Promise.all(cancels)
}

/** True when the miner was seen to have an engine: else the search for orphans looks for what is not there. */
async function watchForEngine(chain: ChainUnderTest, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (chain.engines().length > 0) return true
    await sleep(50)
  }
  return false
}
