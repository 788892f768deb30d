import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { hostileJobs } from '../support/hostile/hostile-jobs.ts'
import type { HostileJob } from '../support/hostile/hostile-job.ts'
import { testMinerHome } from '../support/miner-home.ts'
import { RawCoordinator } from '../support/raw-coordinator.ts'

const GOOD: HostileJob = {
  name: 'a good job',
  text: '{"id":"good","workload":"torch_bench","params":{"size":16,"iterations":2}}',
  ends: 'completed',
}
const MAX_JOB_MS = 120_000
/** Four documents of 16 MiB may be read at a time, and what they become is not collected at once. */
const MAX_MEMORY_MB = 1500

/** Highest resident memory of a process so far, in MiB. */
function peakMb(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024
}

it(
  'refuses each hostile job with its code, in bounded time and memory, and does the next good one',
  { timeout: 600_000 },
  async () => {
    const { coordinator, url } = await RawCoordinator.start()
    const { start } = await testMinerHome({
      COORD_URL: url,
      API_KEY: 'k',
      MAX_CONCURRENCY: 4,
      HEARTBEAT_SECS: 1,
      JOB_POLL_SECS: 0.05,
      POLL_WAIT_SECS: 0,
      // A job is handed out once: an answer that a busy machine is slow to read must not be given up.
      REQUEST_TIMEOUT_SECS: 300,
      MODEL_HOSTS: '*',
    })
    const miner = start()
    const jobs = hostileJobs()
    const outcomes = await Promise.all(
      jobs.map(async ({ name, text, ends }) => ({ name, ends, ...(await coordinator.offer(text, ends !== 'ignored')) })),
    )
    expect(outcomes.filter(({ code, ends }) => code !== ends)).toEqual([])
    expect(outcomes.filter(({ tookMs }) => tookMs > MAX_JOB_MS)).toEqual([])
    expect((await coordinator.offer(GOOD.text, true)).code).toBe('completed')
    expect(peakMb(miner.pid)).toBeLessThan(MAX_MEMORY_MB)
    expect(await miner.stop()).toBe(0)
  },
)
