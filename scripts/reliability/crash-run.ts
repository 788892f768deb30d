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

export interface CrashRun {
  readonly audit: Audit
  readonly kills: Striker['kills']
  /** Crash points at which a program died, as `program point`. */
  readonly points: readonly string[]
  /** What the books do not tell: programs that ended by themselves, or did not end when told to. */
  readonly problems: readonly string[]
}

/** Submits jobs while it kills as planned, lets all come to rest, and checks the books. At least `minJobs` are submitted. */
export async function crashRun(strikes: readonly Strike[], minJobs: number, random: SeededRandom): Promise<CrashRun> {
  const chain = await ChainUnderTest.make()
  try {
    const striker = new Striker(chain, random)
    const client = new PatientClient(chain.client)
    chain.startMiner()
    const stop = new AbortController()
    const [hasSeenEngine] = await Promise.all([
      watchForEngine(chain, stop.signal),
      submitJobs({ client, minJobs, random, signal: stop.signal }),
      carryOut(strikes, striker).finally(() => stop.abort()),
    ])
    const problems = await comeToRest(chain, client)
    if (!hasSeenEngine) problems.push('no engine was ever seen, so that to see none at the end says nothing')
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
  readonly client: PatientClient
  readonly minJobs: number
  readonly random: SeededRandom
  readonly signal: AbortSignal
}): Promise<void> {
  const { client, minJobs, random, signal } = deps
  const cancels: Promise<void>[] = []
  while (client.orders.length < minJobs || !signal.aborted) {
    const job = plannedJob(random)
    const id = await client.submit(job)
    if (job.end === 'canceled') cancels.push(sleep(random.between(0, 3_000)).then(() => client.cancel(id)))
    await sleep(random.between(100, 1_200))
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
