import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fetchStatus } from '../../src/control/fetch-status.ts'
import { LONG, MEDIUM, SMALL } from '../support/bench-jobs.ts'
import { eventually } from '../support/eventually.ts'
import { localCoordinator } from '../support/local-coordinator.ts'
import { KEYS, testMinerHome } from '../support/miner-home.ts'

describe('a daemon whose machine breaks under it', () => {
  it('hands the job back and takes no more when WORK_DIR cannot be used, says why, and still stops in order', async () => {
    const { coordinator, client } = await localCoordinator()
    const { home, start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    await client.finished((await client.submit(SMALL)).id)
    rmSync(join(home.dir, 'work'), { recursive: true })
    writeFileSync(join(home.dir, 'work'), '')
    const { id } = await client.submit(SMALL)
    await miner.waitForLine(/no jobs are taken/)
    await eventually('handed back', async () => (await client.view(id)).state === 'queued')
    expect(await client.view(id)).toMatchObject({ attempt: 2 })
    const status = await fetchStatus(join(home.dir, 'state', 'control.sock'), 5_000)
    expect(status).toMatchObject({ state: 'waiting', stateReason: expect.stringContaining('WORK_DIR') })
    expect(status.recent[0]?.result).toBe('failed: E_SHUTDOWN')
    expect(miner.lines.filter((line) => line.includes('no jobs are taken'))).toHaveLength(1)
    expect(await miner.stop()).toBe(0)
  })

  it('fails no more than the job when WORK_DIR is swept away under it', async () => {
    const { coordinator, client } = await localCoordinator({ maxAttempts: 1 })
    const { home, start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    const { id } = await client.submit(MEDIUM)
    await miner.waitForLine(/job accepted/)
    // The miner may put a folder there while this one is being emptied.
    rmSync(join(home.dir, 'work'), { recursive: true, maxRetries: 10, retryDelay: 20 })
    await client.finished(id)
    expect((await client.finished((await client.submit(SMALL)).id)).state).toBe('completed')
    expect(await miner.stop()).toBe(0)
  })

  it('ends with an error, its jobs handed back, when STATE_DIR is taken away', async () => {
    const { coordinator, client } = await localCoordinator()
    const { home, start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    const { id } = await client.submit(LONG)
    await miner.waitForLine(/engine ready/)
    renameSync(join(home.dir, 'state'), join(home.dir, 'moved'))
    expect(await miner.ended()).toBe(75)
    expect(miner.lines.join('\n')).toMatch(/daemon\.lock was removed or replaced/)
    expect(await client.view(id)).toMatchObject({ state: 'queued', attempt: 2 })
    expect(existsSync(join(home.dir, 'state'))).toBe(false)
  })

  it('rests as a service before it ends for what may pass, so that its start limit is not used up, and ends when told to', async () => {
    const { coordinator } = await localCoordinator()
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const first = start()
    await first.waitForLine(/coordinator reached/)
    const byHand = start()
    expect(await byHand.ended()).toBe(75)
    const service = start({ NOTIFY_SOCKET: '/nonexistent' })
    await service.waitForLine(/is in use by another aitbc-miner/)
    service.signal('SIGTERM')
    expect(await service.ended()).toBe('SIGTERM')
    expect(await first.stop()).toBe(0)
  })

  it('ends in order however many signals tell it to', async () => {
    const { coordinator } = await localCoordinator()
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    await miner.waitForLine(/coordinator reached/)
    while (!miner.hasEnded) {
      miner.signal('SIGTERM')
      await sleep(1)
    }
    expect(await miner.ended()).toBe(0)
  })
})
