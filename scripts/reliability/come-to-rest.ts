import { setTimeout as sleep } from 'node:timers/promises'
import type { ChainUnderTest } from './chain-under-test.ts'
import type { PatientClient } from './patient-client.ts'

/** What comes to rest does so within this time, or not at all. */
const REST_MS = 120_000

/** Waits until every job has ended and the miner has nothing left to do, then stops both. Returns what went wrong with that. */
export async function comeToRest(chain: ChainUnderTest, client: PatientClient): Promise<string[]> {
  const untilMs = performance.now() + REST_MS
  while (!(await isAtRest(chain, client)) && performance.now() < untilMs) await sleep(100)
  const problems: string[] = []
  for (const program of [chain.miner, chain.coordinator]) {
    const end = await program?.stop()
    if (end !== 0) problems.push(`the ${program?.name} ended with ${end} when it was told to stop`)
  }
  return problems
}

async function isAtRest(chain: ChainUnderTest, client: PatientClient): Promise<boolean> {
  try {
    const { jobs, outbox } = await chain.status()
    if (jobs.length > 0 || outbox.waiting > 0) return false
    const views = await Promise.all(client.orders.map(({ jobId }) => chain.client.view(jobId)))
    return views.every(({ state }) => state !== 'queued' && state !== 'leased')
  } catch {
    // One of them is not up yet.
    return false
  }
}
