import { join } from 'node:path'
import { Client } from '../scripts/local-chain/client.ts'
import { MinerHome, startCoordinatorProgram } from '../scripts/local-chain/chain.ts'
import { median, quantile } from './figures.ts'
import type { Figure } from './figures.ts'
import { logLines } from './miner-log.ts'

const JOBS = 100
const TARGET_MS = 10

/** From a job's creation at the coordinator to its acceptance by an idle miner that waits in a long poll; one clock for both. */
export async function benchPickUp(): Promise<Figure[]> {
  const home = await MinerHome.make()
  const coordinator = await startCoordinatorProgram()
  try {
    await home.configure({ COORD_URL: coordinator.url, API_KEY: 'bench-miner', WORKLOADS: 'torch_bench' })
    const miner = home.start()
    await miner.waitForLine(/coordinator reached/)
    const client = new Client(coordinator.url, 'bench-client')
    const createdMs = new Map<string, number>()
    for (let job = 0; job < JOBS; job += 1) {
      const { id, created_at: createdAt } = await client.submit({ workload: 'torch_bench', params: { size: 1, iterations: 1 } })
      if (createdAt != null) createdMs.set(id, Date.parse(createdAt))
      await client.finished(id)
    }
    await miner.stop()
    const accepted = await logLines(join(home.dir, 'miner.log'), 'job accepted')
    const latencies = accepted
      .map((line) => Date.parse(line.time) - (createdMs.get(line.job ?? '') ?? Number.NaN))
      .slice(JOBS / 10)
    const p50 = median(latencies)
    return [
      {
        what: 'pick-up by long poll, p50',
        ours: `${p50.toFixed(0)} ms`,
        peer: `p95 ${quantile(latencies, 0.95).toFixed(0)} ms, ${latencies.length} jobs`,
        ratio: null,
        target: `≤ ${TARGET_MS} ms`,
        isMet: p50 <= TARGET_MS,
      },
    ]
  } finally {
    await coordinator.program.stop()
    await home.remove()
  }
}
