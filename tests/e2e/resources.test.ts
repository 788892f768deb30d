import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fetchStatus } from '../../src/control/fetch-status.ts'
import type { MinerStatus } from '../../src/domain/miner-status.ts'
import { MEDIUM, SMALL } from '../support/bench-jobs.ts'
import { eventually } from '../support/eventually.ts'
import { localCoordinator } from '../support/local-coordinator.ts'
import { KEYS, testMinerHome } from '../support/miner-home.ts'
import { SmallDisk, whyNoSmallDisk } from '../support/small-disk.ts'
import { startScriptedServer } from '../support/scripted-server.ts'

function limitDescriptors(pid: number, limit: number): void {
  execFileSync('prlimit', [`--pid=${pid}`, `--nofile=${limit}:`])
}

describe('a daemon that runs out of file descriptors', () => {
  it('hands its job back, takes no more, says what to do, and goes on when there are some again', async () => {
    const requests: string[] = []
    const { coordinator, client } = await localCoordinator({ log: (line) => requests.push(line) })
    const { home, start } = await testMinerHome({ ...KEYS, POLL_WAIT_SECS: 0, COORD_URL: coordinator.url })
    const miner = start()
    await eventually('it polls', () => requests.some((line) => line.includes('/v1/miner/next')))
    limitDescriptors(miner.pid, readdirSync(`/proc/${miner.pid}/fd`).length + 2)
    const { id } = await client.submit(SMALL)
    expect(await miner.waitForLine(/no jobs are taken/)).toMatch(/EMFILE.*LimitNOFILE/)
    await eventually('handed back', async () => (await client.view(id)).state === 'queued')
    limitDescriptors(miner.pid, 1024)
    expect((await client.finished(id)).state).toBe('completed')
    const status = await fetchStatus(join(home.dir, 'state', 'control.sock'), 5_000)
    expect(status.recent.map(({ result }) => result)).toEqual([expect.stringMatching(/^credited/), 'failed: E_SHUTDOWN'])
    expect(await miner.stop()).toBe(0)
  })
})

describe('a daemon that was suspended for longer than its leases', () => {
  it('finds what it has lost, proves nothing twice, and makes up for no heartbeat', async () => {
    let requests = 0
    const { coordinator, client } = await localCoordinator({ leaseS: 3, sweepMs: 50, log: () => (requests += 1) })
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    const { id } = await client.submit(SMALL)
    await miner.waitForLine(/job accepted/)
    miner.signal('SIGSTOP')
    await eventually('the lease has run out', async () => (await client.view(id)).state === 'queued')
    requests = 0
    const resumedMs = performance.now()
    miner.signal('SIGCONT')
    await client.finished(id)
    // Five heartbeats and as many polls a second are usual.
    expect(requests).toBeLessThan(40 + (performance.now() - resumedMs) / 25)
    expect(await client.view(id)).toMatchObject({ state: 'completed', attempt: 2 })
    expect(await client.balance('w1')).toMatchObject({ balance: '0.25' })
    expect(miner.lines.filter((line) => line.includes('proof accepted'))).toHaveLength(1)
    expect(await miner.stop()).toBe(0)
  })
})

describe.skipIf(whyNoSmallDisk !== null)(`a daemon on a disk that runs full (${whyNoSmallDisk ?? 'in memory'})`, () => {
  it('keeps a finished job while the journal cannot be written, takes no other, and delivers it once there is room', async () => {
    const { coordinator, client } = await localCoordinator()
    const disk = new SmallDisk(4096)
    const stateDir = join(disk.path, 'state')
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url, STATE_DIR: stateDir })
    const status = (): Promise<MinerStatus> => fetchStatus(join(stateDir, 'control.sock'), 5_000)
    const miner = start()
    const { id } = await client.submit(MEDIUM)
    await miner.waitForLine(/engine ready/)
    disk.fill()
    expect(await miner.waitForLine(/no jobs are taken/)).toMatch(/part=journal.*disk has space/)
    await miner.waitForLine(/job done/)
    const other = await client.submit(SMALL)
    expect(await status()).toMatchObject({
      state: 'waiting',
      stateReason: expect.stringContaining('disk has space'),
      slots: { busy: 1 },
    })
    expect((await client.view(other.id)).state).toBe('queued')
    disk.free()
    expect(await client.finished(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect((await client.finished(other.id)).state).toBe('completed')
    expect((await status()).totals).toMatchObject({ accepted: 2, proved: 2, credited: 2, failed: 0 })
    expect(await miner.stop()).toBe(0)
  })

  it('sends a proof no second time when the disk is full as the receipt comes', async () => {
    const disk = new SmallDisk(4096)
    const jobs = [{ id: 'one', ...SMALL }]
    const proofs: string[] = []
    const server = await startScriptedServer(({ path, body }) => {
      if (path === '/v1/miner/heartbeat') return { body: {} }
      if (path.startsWith('/v1/miner/next')) return { body: jobs.shift() ?? {} }
      if (path !== '/v1/miner/proof') return { status: 404 }
      proofs.push(String(body))
      if (proofs.length === 1) disk.fill()
      return { body: { status: 'accepted' } }
    })
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: server.url.href, STATE_DIR: join(disk.path, 'state') })
    const miner = start()
    await miner.waitForLine(/no jobs are taken/)
    disk.free()
    await miner.waitForLine(/proof accepted/)
    jobs.push({ id: 'two', ...SMALL })
    await miner.waitForLine(/proof accepted.*job=two/)
    expect(proofs).toHaveLength(2)
    expect(await miner.stop()).toBe(0)
  })

  it('goes on without its log file, and writes whole lines to it again when there is room', async () => {
    const { coordinator, client } = await localCoordinator()
    const disk = new SmallDisk(8)
    const logFile = join(disk.path, 'miner.log')
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url, LOG_FILE: logFile, LOG_LEVEL: 'debug' })
    const miner = start()
    await miner.waitForLine(/coordinator reached/)
    disk.fill()
    for (let jobs = 0; !miner.lines.some((line) => line.includes('log file cannot be written')); jobs += 1) {
      expect(jobs).toBeLessThan(50)
      expect((await client.finished((await client.submit(SMALL)).id)).state).toBe('completed')
    }
    disk.resize(1024)
    for (let jobs = 0; !miner.lines.some((line) => line.includes('log file written again')); jobs += 1) {
      expect((await client.finished((await client.submit(SMALL)).id)).state).toBe('completed')
    }
    expect(await miner.stop()).toBe(0)
    const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n')
    expect(lines.filter((line) => !isJson(line))).toEqual([])
    expect(lines.at(-1)).toContain('miner stopped')
  })
})

function isJson(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object'
  } catch {
    return false
  }
}
