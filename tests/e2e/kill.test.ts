import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ledgerTimes } from '../../bench/ledger-times.ts'
import { fetchStatus } from '../../src/control/fetch-status.ts'
import { eventually } from '../support/eventually.ts'
import { localCoordinator } from '../support/local-coordinator.ts'
import { testMinerHome } from '../support/miner-home.ts'

const KILLS = 8
const SEED = 20_260_101

/** Small, fast, seeded (mulberry32): the moments of the kills, the same in every run. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function enginesOf(lines: readonly string[]): number[] {
  return lines.flatMap((line) => /engine ready.*pid=(\d+)/.exec(line)?.[1] ?? []).map(Number)
}

describe('a daemon killed at any moment', () => {
  it('ends every job exactly once and pays each once', { timeout: 90_000 }, async () => {
    const { coordinator, client } = await localCoordinator({ leaseS: 5, sweepMs: 100, maxAttempts: 50 })
    const { home, start } = await testMinerHome({
      COORD_URL: coordinator.url,
      API_KEY: 'k',
      WALLET_ADDR: 'w',
      MAX_CONCURRENCY: 3,
      HEARTBEAT_SECS: 0.5,
      JOB_POLL_SECS: 0.05,
    })
    const random = seededRandom(SEED)
    const ids: string[] = []
    const submit = async (): Promise<void> => {
      const params = [
        { workload: 'torch_bench', params: { size: 64, iterations: 50 } },
        { workload: 'torch_bench', params: { size: 512, iterations: 100 } },
        { workload: 'llm_gen', params: { prompt: 'Once upon a time', max_tokens: 40 } },
        { workload: 'torch_bench', params: { size: 0 } },
      ]
      for (const job of params) ids.push((await client.submit({ ...job, reward: { amount: '0.01', unit: 'AITBC' } })).id)
    }
    const engines: number[] = []
    for (let kill = 0; kill < KILLS; kill += 1) {
      await submit()
      const miner = start()
      await sleep(150 + random() * 1_200)
      miner.signal('SIGKILL')
      await miner.ended()
      engines.push(...enginesOf(miner.lines))
    }
    const last = start()
    const views = await Promise.all(ids.map((id) => client.finished(id, 80_000)))
    await eventually(
      'the outbox is empty',
      async () => (await fetchStatus(join(home.dir, 'state', 'control.sock'), 5_000)).outbox.waiting === 0,
    )
    expect(await last.stop()).toBe(0)
    engines.push(...enginesOf(last.lines))

    const completed = views.filter((view) => view.state === 'completed')
    expect(new Set(views.map((view) => view.state))).toEqual(new Set(['completed', 'failed']))
    expect(completed).toHaveLength((ids.length * 3) / 4)
    expect(await ledgerTimes(coordinator.url, 'client-key', 'w')).toHaveLength(completed.length)
    expect((await client.balance('w')).balance).toBe(String(completed.length / 100))
    expect(engines.filter((pid) => isEngine(pid))).toEqual([])
    expect(readdirSync(join(home.dir, 'state', 'outputs'))).toEqual([])
  })
})

/** True when a process of this number is there and is one of ours. */
function isEngine(pid: number): boolean {
  const file = `/proc/${pid}/cmdline`
  return existsSync(file) && readFileSync(file, 'utf8').includes('engine/child')
}
