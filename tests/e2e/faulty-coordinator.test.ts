import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Program } from '../../scripts/local-chain/program.ts'
import { fetchStatus } from '../../src/control/fetch-status.ts'
import { eventually } from '../support/eventually.ts'
import { FaultyChain, REWARD } from '../support/faulty-chain.ts'
import { localCoordinator } from '../support/local-coordinator.ts'
import { KEYS, testMinerHome } from '../support/miner-home.ts'
import { startScriptedServer } from '../support/scripted-server.ts'

const IMPATIENT = { ...KEYS, HEARTBEAT_SECS: 0.1, POLL_WAIT_SECS: 1, REQUEST_TIMEOUT_SECS: 1, MAX_CONCURRENCY: 2 }

function peakMemoryMb({ pid }: Program): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

describe('a miner whose coordinator fails', () => {
  it(
    'has every job done once and paid once through one fault after another, and says what is wrong',
    { timeout: 180_000 },
    async () => {
      const elsewhere = await startScriptedServer(() => ({ status: 200, body: {} }))
      const { coordinator, client } = await localCoordinator({ leaseS: 3, sweepMs: 50, maxAttempts: 10, defaultReward: REWARD })
      const { home, start } = await testMinerHome({ ...IMPATIENT, COORD_URL: coordinator.url })
      const chain = new FaultyChain(coordinator, client, start())
      const { miner } = chain
      await miner.waitForLine(/coordinator reached/)

      await chain.under([
        { on: 'miner', fault: 'latency', ms: 5, jitter_ms: 20, every: 3 },
        { on: 'proof', fault: 'reset', times: 1 },
        { on: 'proof', fault: 'reset', when: 'after', times: 1 },
        { on: 'proof', fault: 'silence', times: 1 },
        { on: 'proof', fault: 'truncate', ending: 'cut', times: 1 },
        { on: ['heartbeat', 'next'], fault: 'reset', every: 3, times: 2 },
        { on: 'heartbeat', fault: 'silence', when: 'before', times: 1 },
      ])
      await chain.says(/coordinator unreachable: trying again until it answers/)

      await chain.under([
        { on: 'proof', fault: 'status', status: 500, when: 'after', times: 1 },
        { on: 'proof', fault: 'status', status: 302, location: elsewhere.url.href, times: 1 },
        { on: 'proof', fault: 'status', status: 502, times: 1 },
        { on: 'heartbeat', fault: 'status', status: 429, times: 1 },
        { on: 'next', fault: 'status', status: 503, retry_after: 0, times: 2 },
        { on: 'heartbeat', fault: 'status', status: 503, retry_after: 'Thu, 01 Jan 1970 00:00:00 GMT', after: 1, times: 1 },
      ])
      await chain.says(/delivery refused: it will be tried again .*HTTP 500 INTERNAL/)
      await chain.says(/HTTP 302; redirects are not followed, set COORD_URL to where it points/)
      expect(elsewhere.requests).toEqual([])

      const memoryMb = peakMemoryMb(miner)
      await chain.under([
        { on: 'proof', fault: 'huge_body', times: 1 },
        { on: 'proof', fault: 'truncate', times: 1 },
        { on: 'proof', fault: 'garble', as: 'html', times: 1 },
        { on: 'proof', fault: 'slow_loris', times: 1 },
        { on: 'heartbeat', fault: 'huge_body', times: 1 },
        { on: 'heartbeat', fault: 'garble', as: 'other_json', times: 1 },
        { on: 'next', fault: 'huge_body', when: 'before', times: 1 },
        { on: 'next', fault: 'garble', times: 1 },
        { on: 'next', fault: 'slow_loris', part: 'head', times: 1 },
      ])
      await chain.says(/delivery refused: .*the answer is larger than 1048576 bytes and was not read to its end/)
      await chain.says(/delivery refused: .*the answer is no JSON/)
      expect(peakMemoryMb(miner) - memoryMb).toBeLessThan(80)

      await chain.under([
        { on: 'heartbeat', fault: 'expire_lease', times: 2 },
        { on: 'proof', fault: 'expire_lease', times: 1 },
        { on: 'next', fault: 'expire_lease', times: 1 },
        { on: 'next', fault: 'duplicate_job', times: 1, params: { size: 4, iterations: 1 } },
        { on: 'next', fault: 'duplicate_job', every: 2, times: 2 },
      ])
      await chain.says(/job offered again/)
      await chain.says(/outcome dropped: .*the lease is gone/)

      await chain.under([{ on: 'miner', fault: 'clock', offset_s: -200_000 }])
      await chain.under([{ on: 'miner', fault: 'clock', offset_s: -200_000, parts: ['lease', 'job'] }])
      await chain.under([{ on: 'miner', fault: 'clock', offset_s: 20_000, parts: ['server_time'], every: 2 }])

      const canceled = await chain.under([
        { on: 'proof', fault: 'cancel_job', times: 1 },
        { on: 'next', fault: 'cancel_job', when: 'after', after: 1, times: 1 },
      ])
      expect(canceled).toEqual({ canceled: 2, completed: 2 })

      const giveBack = chain.revokeKey(403)
      await chain.says(/coordinator refuses the API key: it is valid but may not mine here/)
      const socket = join(home.dir, 'state', 'control.sock')
      expect((await fetchStatus(socket, 5_000)).stateReason).toMatch(/the coordinator refuses the API key: .*MINER_ID/)
      await giveBack()
      await chain.says(/coordinator reachable again/)

      await eventually('all is delivered', async () => (await fetchStatus(socket, 5_000)).outbox.waiting === 0)
      expect(await miner.stop()).toBe(0)
      expect([...miner.lines, readFileSync(join(home.dir, 'miner.log'), 'utf8')].join('\n')).not.toContain('secret-miner-key')
    },
  )
})
