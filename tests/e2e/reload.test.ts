import { describe, expect, it } from 'vitest'
import { LONG, MEDIUM, SMALL } from '../support/bench-jobs.ts'
import { localCoordinator } from '../support/local-coordinator.ts'
import { KEYS, testMinerHome } from '../support/miner-home.ts'

describe('SIGHUP', () => {
  it('brings a miner that waited for its configuration to work', async () => {
    const { coordinator, client } = await localCoordinator()
    const { home, start } = await testMinerHome({ COORD_URL: 'https://coordinator.example.net', API_KEY: 'CHANGE_ME' })
    const miner = start()
    await miner.waitForLine(/not configured/)
    await home.configure({ ...KEYS, COORD_URL: coordinator.url })
    miner.signal('SIGHUP')
    await miner.waitForLine(/coordinator reached/)
    expect((await client.finished((await client.submit(SMALL)).id)).state).toBe('completed')
    expect(await miner.stop()).toBe(0)
    expect(miner.lines.join('\n')).not.toContain('secret-miner-key')
  })

  it('lets a running job end before the new settings take effect, and takes no new one until then', async () => {
    const { coordinator, client } = await localCoordinator()
    const { home, start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    const first = await client.submit(MEDIUM)
    await miner.waitForLine(/job accepted/)
    await home.configure({ ...KEYS, COORD_URL: coordinator.url, WALLET_ADDR: 'w2' })
    miner.signal('SIGHUP')
    await miner.waitForLine(/new settings.*WALLET_ADDR/)
    const second = await client.submit(SMALL)
    await client.finished(second.id)
    expect(await client.view(first.id)).toMatchObject({ state: 'completed', attempt: 1 })
    const order = miner.lines.flatMap((line) => /^.*?(job done|goes on with new settings|job accepted)/.exec(line)?.[1] ?? [])
    expect(order.slice(0, 4)).toEqual(['job accepted', 'job done', 'goes on with new settings', 'job accepted'])
    expect((await client.balance('w2')).wallet).toBe('w2')
    expect(await miner.stop()).toBe(0)
  })

  it('changes nothing when the file is wrong or cannot be used', async () => {
    const { coordinator, client } = await localCoordinator()
    const keys = { ...KEYS, COORD_URL: coordinator.url }
    const { home, start } = await testMinerHome(keys)
    const miner = start()
    await miner.waitForLine(/coordinator reached/)
    await home.configure({ ...keys, MAX_CONCURRENCY: 'many' })
    miner.signal('SIGHUP')
    await miner.waitForLine(/MAX_CONCURRENCY.*many/)
    await miner.waitForLine(/reload refused/)
    await home.configure({ ...keys, WORK_DIR: '/proc/no-such-place' })
    miner.signal('SIGHUP')
    await miner.waitForLine(/new settings cannot be used/)
    expect((await client.finished((await client.submit(SMALL)).id)).state).toBe('completed')
    expect(await miner.stop()).toBe(0)
  })

  it('does not keep a stop from handing back a job that the new settings wait for', async () => {
    const { coordinator, client } = await localCoordinator()
    const { home, start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    const { id } = await client.submit(LONG)
    await miner.waitForLine(/job accepted/)
    await home.configure({ ...KEYS, COORD_URL: coordinator.url, DRAIN_SECS: 1 })
    miner.signal('SIGHUP')
    await miner.waitForLine(/draining/)
    miner.signal('SIGTERM')
    await miner.waitForLine(/stopping: no new jobs/)
    miner.signal('SIGTERM')
    expect(await miner.ended()).toBe(0)
    expect(await client.view(id)).toMatchObject({ state: 'queued', attempt: 2 })
    expect(miner.lines.some((line) => line.includes('goes on with new settings'))).toBe(false)
  })
})
