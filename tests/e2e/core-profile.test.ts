import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fetchStatus } from '../../src/control/fetch-status.ts'
import { CoreCoordinator } from '../support/core-coordinator.ts'
import { eventually } from '../support/eventually.ts'
import { testMinerHome } from '../support/miner-home.ts'

const KEYS = {
  API_KEY: 'core-key',
  WALLET_ADDR: 'core-wallet',
  MINER_ID: 'core-miner',
  HEARTBEAT_SECS: 1,
  JOB_POLL_SECS: 0.05,
  MAX_CONCURRENCY: 2,
  ACCEL_MODE: 'cpu',
}
const small = (id: string): object => ({ id, workload: 'torch_bench', params: { size: 8, iterations: 2 } })

describe('a miner against a coordinator of the core profile', () => {
  it('proves every job exactly once with correct bodies, and none that it cannot do', async () => {
    const jobs = [
      small('a'),
      { id: 'unknown-workload', workload: 'no_such_thing' },
      small('b:1'),
      { id: 'bad-params', workload: 'torch_bench', params: { size: -1 } },
      { id: '../../etc', workload: 'torch_bench' },
      small('a'),
      { id: 'llm', workload: 'llm_gen', params: { prompt: 'The capital of France is', max_tokens: 4 } },
      small('c'),
    ]
    const { coordinator, url } = await CoreCoordinator.start(jobs)
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: url })
    const miner = start()
    await eventually('all four good jobs proved', () => coordinator.proofs.length >= 4)
    expect(await miner.stop()).toBe(0)
    expect(coordinator.complaints).toEqual([])
    expect(coordinator.proofs.map((proof) => proof.id).toSorted()).toEqual(['a', 'b:1', 'c', 'llm'])
    expect(coordinator.heartbeats).toBeGreaterThan(0)
    expect(miner.lines.join('\n')).not.toContain('core-key')
  })

  it('proves a job once although the daemon is killed under it', async () => {
    const { coordinator, url } = await CoreCoordinator.start([
      { id: 'long', workload: 'torch_bench', params: { size: 512, iterations: 150 } },
    ])
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: url })
    const first = start()
    await first.waitForLine(/job accepted/)
    first.signal('SIGKILL')
    await first.ended()
    const second = start()
    await second.waitForLine(/job taken up again/)
    await eventually('the job is proved', () => coordinator.proofs.length === 1)
    expect(await second.stop()).toBe(0)
    expect(coordinator.proofs.map((proof) => proof.id)).toEqual(['long'])
    expect(coordinator.complaints).toEqual([])
  })

  it('does a job that it had handed back when it is offered again, and tells that nobody took the failure', async () => {
    const { coordinator, url } = await CoreCoordinator.start([
      { id: 'again', workload: 'torch_bench', params: { size: 1024, iterations: 100_000 } },
      small('again'),
    ])
    const { home, start } = await testMinerHome({ ...KEYS, MAX_CONCURRENCY: 1, COORD_URL: url })
    const first = start()
    await first.waitForLine(/job accepted/)
    first.signal('SIGTERM')
    await first.waitForLine(/draining/)
    first.signal('SIGTERM')
    expect(await first.ended()).toBe(0)
    expect(first.lines.join('\n')).not.toContain('failure reported')
    const second = start()
    await eventually('the job is proved', () => coordinator.proofs.length === 1)
    await second.waitForLine(/proof accepted/)
    const { recent } = await fetchStatus(join(home.dir, 'state', 'control.sock'), 5_000)
    expect(recent.map(({ result }) => result)).toEqual([
      'credited',
      'failed: E_SHUTDOWN, not reported: this coordinator has no endpoint for failures',
    ])
    expect(await second.stop()).toBe(0)
    expect(coordinator.complaints).toEqual([])
  })
})
