import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fetchStatus } from '../../src/control/fetch-status.ts'
import { LONG, MEDIUM, SMALL } from '../support/bench-jobs.ts'
import { eventually } from '../support/eventually.ts'
import { isRunning } from '../support/is-running.ts'
import { localCoordinator } from '../support/local-coordinator.ts'
import { KEYS, testMinerHome } from '../support/miner-home.ts'

/** Everything that the miner wrote for people or machines. */
function writtenBy(home: { readonly dir: string }, lines: readonly string[]): string {
  return [...lines, readFileSync(join(home.dir, 'miner.log'), 'utf8')].join('\n')
}

function workFolders(home: { readonly dir: string }): string[] {
  const root = join(home.dir, 'work')
  return existsSync(root) ? readdirSync(root).flatMap((scope) => readdirSync(join(root, scope))) : []
}

describe('the daemon', () => {
  it('mines a job from long poll to credit, and the client gets bytes that hash to the proof', async () => {
    const { coordinator, client } = await localCoordinator()
    const { home, start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    await miner.waitForLine(/coordinator reached/)
    const { id } = await client.submit({
      workload: 'llm_gen',
      params: { messages: [{ role: 'user', content: 'What is the capital of Japan?' }] },
      reward: { amount: '0.25', unit: 'AITBC' },
    })
    const tokens: unknown[] = []
    for await (const event of client.events(id)) if (event.type === 'token') tokens.push(event.data)
    const view = await client.view(id)
    expect(view).toMatchObject({ state: 'completed', miner_id: 'm1', receipt: { reward: { amount: '0.25' } } })
    const output = await client.output(id)
    expect(createHash('sha256').update(output).digest('hex')).toBe(view.receipt?.output_sha)
    expect(JSON.parse(String(output))).toMatchObject({ text: 'The capital of Japan is Tokyo.', finish_reason: 'stop' })
    expect(tokens.map((event) => JSON.stringify(event)).join('')).toContain('Tokyo')
    expect((await client.balance('w1')).balance).toBe('0.25')
    expect(await miner.stop()).toBe(0)
    expect(writtenBy(home, miner.lines)).not.toContain('secret-miner-key')
    expect(
      readFileSync(join(home.dir, 'miner.log'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => typeof JSON.parse(line)),
    ).not.toContain('string')
  })

  it.each([
    ['bad params', { workload: 'llm_gen', params: { prompt: 'x', max_tokens: -1 } }, 'E_INVALID'],
    ['an unknown model', { workload: 'llm_gen', params: { prompt: 'x' }, model: { name: 'gpt-5' } }, 'E_INPUT'],
    ['too little time', { ...LONG, limits: { max_runtime_s: 3 } }, 'E_TIMEOUT'],
    ['too little memory', { ...LONG, limits: { ram_mb: 10 } }, 'E_OOM'],
    ['too small an output', { ...SMALL, limits: { max_output_bytes: 8 } }, 'E_OUTPUT'],
  ])('fails a job with %s as it should, and runs the next one', async (_what, job, code) => {
    const { coordinator, client } = await localCoordinator({ maxAttempts: 1 })
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    // Its time begins before the engine is there, and to start one may take as long on a busy machine.
    await client.finished((await client.submit(SMALL)).id)
    const view = await client.finished((await client.submit(job)).id)
    expect(view.state).toBe('failed')
    expect(view.error?.code).toBe(code)
    expect((await client.finished((await client.submit(SMALL)).id)).state).toBe('completed')
    expect(await miner.stop()).toBe(0)
  })

  it('shows an operator in `status` why no work comes, and what it did', async () => {
    const { coordinator, client } = await localCoordinator()
    const { home, start } = await testMinerHome({ ...KEYS, POLL_WAIT_SECS: 0, COORD_URL: coordinator.url })
    const miner = start()
    await client.submit({ workload: 'no_such_workload' })
    await client.finished((await client.submit(SMALL)).id)
    await miner.waitForLine(/proof accepted/)
    const socket = join(home.dir, 'state', 'control.sock')
    await eventually('the poll has told', async () => (await fetchStatus(socket, 5_000)).coordinator.skipped?.['workload'] === 1)
    const status = await fetchStatus(socket, 5_000)
    expect(status).toMatchObject({ state: 'online', totals: { accepted: 1, proved: 1, credited: 1 }, outbox: { waiting: 0 } })
    expect(status.engines).toEqual([expect.objectContaining({ engine: 'onnx', sandbox: expect.stringContaining('seccomp') })])
    expect(JSON.stringify(status)).not.toContain('secret-miner-key')
    expect(await miner.stop()).toBe(0)
  })

  it('ends a running job that its client has canceled', async () => {
    const { coordinator, client } = await localCoordinator()
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    const { id } = await client.submit(LONG)
    await miner.waitForLine(/job accepted/)
    await client.cancel(id)
    await miner.waitForLine(/job canceled/)
    expect((await client.view(id)).state).toBe('canceled')
    expect((await client.finished((await client.submit(SMALL)).id)).state).toBe('completed')
    expect(await miner.stop()).toBe(0)
  })

  it('keeps the lease of a job alive that runs longer than the lease, however rare its heartbeats', async () => {
    const leaseS = 4
    const { coordinator, client } = await localCoordinator({ leaseS, sweepMs: 50 })
    const { start } = await testMinerHome({ ...KEYS, HEARTBEAT_SECS: 30, COORD_URL: coordinator.url })
    const miner = start()
    const { id } = await client.submit(LONG)
    const leaseEndMs = async (): Promise<number> => Date.parse((await client.view(id)).lease?.expires_at ?? '')
    await miner.waitForLine(/job accepted/)
    const firstEndMs = await leaseEndMs()
    await eventually('it was renewed when the first would have ended', async () => {
      return (await leaseEndMs()) > firstEndMs + leaseS * 1000
    })
    expect(await client.view(id)).toMatchObject({ state: 'leased', attempt: 1 })
    await client.cancel(id)
    expect(await miner.stop()).toBe(0)
  })

  it('lets a running job end when it is told to stop, and takes no new one', async () => {
    const { coordinator, client } = await localCoordinator()
    const { home, start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    const first = await client.submit(MEDIUM)
    await miner.waitForLine(/job accepted/)
    miner.signal('SIGTERM')
    await miner.waitForLine(/draining/)
    const second = await client.submit(SMALL)
    expect(await miner.ended()).toBe(0)
    expect((await client.view(first.id)).state).toBe('completed')
    expect((await client.view(second.id)).state).toBe('queued')
    expect(workFolders(home).length).toBeLessThanOrEqual(1)
  })

  it('hands a running job back at the second signal, for another miner to take', async () => {
    const { coordinator, client } = await localCoordinator()
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    const { id } = await client.submit(LONG)
    await miner.waitForLine(/job accepted/)
    miner.signal('SIGTERM')
    await miner.waitForLine(/draining/)
    miner.signal('SIGTERM')
    expect(await miner.ended()).toBe(0)
    expect(miner.lines.some((line) => /job failed.*E_SHUTDOWN/.test(line))).toBe(true)
    expect(await client.view(id)).toMatchObject({ state: 'queued', attempt: 2 })
  })

  it('delivers after a restart what the coordinator did not take before', async () => {
    const { coordinator, client } = await localCoordinator()
    const { home, start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const first = start()
    const { id } = await client.submit(MEDIUM)
    await first.waitForLine(/job accepted/)
    await home.configure({ ...KEYS, COORD_URL: 'http://127.0.0.1:9' })
    first.signal('SIGKILL')
    await first.ended()
    const offline = start()
    await offline.waitForLine(/job done/)
    expect(await offline.stop()).toBe(0)
    await home.configure({ ...KEYS, COORD_URL: coordinator.url })
    const second = start()
    expect((await client.finished(id)).state).toBe('completed')
    expect(second.lines.some((line) => line.includes('job taken up again'))).toBe(false)
    expect(await second.stop()).toBe(0)
  })

  it('refuses to share its state folder, and says who has it', async () => {
    const { coordinator } = await localCoordinator()
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const first = start()
    await first.waitForLine(/coordinator reached/)
    const second = start()
    expect(await second.ended()).toBe(75)
    expect(second.lines.join('\n')).toContain(String(first.pid))
    expect(await first.stop()).toBe(0)
  })

  it('waits, and leaves the coordinator of the example alone, until it is configured', async () => {
    const { start } = await testMinerHome({ COORD_URL: 'https://coordinator.example.net', API_KEY: 'CHANGE_ME' })
    const miner = start()
    await miner.waitForLine(/not configured/)
    expect(miner.lines.join('\n')).toContain('COORD_URL')
    expect(await miner.stop()).toBe(0)
  })

  it('goes on with the next job when its engine is killed', async () => {
    const { coordinator, client } = await localCoordinator({ maxAttempts: 1 })
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    const { id } = await client.submit(LONG)
    const ready = await miner.waitForLine(/engine ready/)
    process.kill(Number(/pid=(\d+)/.exec(ready)?.[1]), 'SIGKILL')
    expect((await client.finished(id)).error?.code).toBe('E_ENGINE')
    expect((await client.finished((await client.submit(SMALL)).id)).state).toBe('completed')
    expect(await miner.stop()).toBe(0)
  })

  it('leaves no engine behind when it is killed', async () => {
    const { coordinator, client } = await localCoordinator()
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    await client.submit(LONG)
    const ready = await miner.waitForLine(/engine ready/)
    const enginePid = Number(/pid=(\d+)/.exec(ready)?.[1])
    expect(isRunning(enginePid)).toBe(true)
    miner.signal('SIGKILL')
    await miner.ended()
    await eventually('the engine is gone', () => !isRunning(enginePid))
  })
})
