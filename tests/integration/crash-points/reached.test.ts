import { describe, expect, it } from 'vitest'
import { CRASH_POINTS as COORDINATOR_CRASH_POINTS } from '../../../mock-coordinator/crash-points.ts'
import { WORKER_CRASH_POINTS } from '../../../src/domain/crash-points.ts'
import { largeOutputJob } from '../../../scripts/reliability/job-mix.ts'
import { eventually } from '../../support/eventually.ts'
import { recordedLife } from '../../support/recorded-life.ts'

describe('crash points', () => {
  it('are each passed in the life of a miner and a coordinator', async () => {
    const { client, passed, miner } = await recordedLife()
    const life = miner.lifecycle.run()
    const jobs = [
      largeOutputJob(2),
      { workload: 'llm_gen', params: { prompt: 'Once upon a time', max_tokens: 20 } },
      { workload: 'torch_bench', params: { size: 0 } },
    ]
    const ended = await Promise.all(jobs.map(async (job) => client.finished((await client.submit(job)).id)))
    const unfit = await client.submit({ workload: 'torch_bench', requirements: { gpu: true, vram_mb: 1e9 } })
    await client.cancel(unfit.id)
    await eventually('the failure is settled', () => miner.status().outbox.waiting === 0)
    miner.lifecycle.drain()
    await life

    expect(ended.map(({ state }) => state)).toEqual(['completed', 'completed', 'failed'])
    // Those of the journal have a test of their own, tests/integration/journal/crash-points.test.ts.
    expect(WORKER_CRASH_POINTS.filter((name) => !passed.miner.has(name))).toEqual([])
    expect(COORDINATOR_CRASH_POINTS.filter((name) => !passed.coordinator.has(name))).toEqual([])
  })
})
