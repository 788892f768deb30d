import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { missingProgram } from '../../support/missing-program.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { Harness, sha256 } from './harness.ts'

const SCRIPT = new URL('fixtures/founding-miner.sh', import.meta.url)

/** Starts the founding document's miner; only the path of its log is another, since that one belongs to root. */
async function startFoundingMiner(url: string): Promise<{ readLog: () => Promise<string> }> {
  const folder = tempDir()
  const log = path.join(folder, 'miner.log')
  const script = path.join(folder, 'miner.sh')
  const text = await readFile(SCRIPT, 'utf8')
  await writeFile(script, text.replace('LOG_FILE=/var/log/aitbc-miner.log', `LOG_FILE="${log}"`))
  const env = {
    PATH: process.env['PATH'] ?? '',
    COORD_URL: url,
    WALLET_ADDR: 'wallet_demo',
    API_KEY: 'CHANGE_ME',
    MINER_ID: 'shell-gpu0',
    WORK_DIR: path.join(folder, 'work'),
    JOB_POLL_SECS: '0.05',
    MAX_CONCURRENCY: '1',
    ACCEL_MODE: 'auto',
  }
  const child = spawn('bash', [script], { env, stdio: 'ignore', detached: true })
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  onTestFinished(async () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    await exited
  })
  return { readLog: () => readFile(log, 'utf8').catch(() => '') }
}

const why = missingProgram('bash', 'curl', 'jq')

describe.skipIf(why !== null)(`the founding document’s shell miner (${why ?? 'in bash'})`, () => {
  it('heartbeats, takes no phantom job while idle, and proves each job once, even where its own quoting fails', async () => {
    const harness = await Harness.start()
    const { readLog } = await startFoundingMiner(harness.coordinator.url)
    let polls = 0
    const seen = new Set<number>()
    await expect
      .poll(() => {
        // The coordinator's clock stands still: each poll is told by a step of it.
        const miner = harness.coordinator.store.miners.all()[0]
        if (miner !== undefined) seen.add(miner.lastSeenMs)
        harness.pass(1)
        polls = seen.size
        return polls
      })
      .toBeGreaterThan(5)
    expect(await readLog()).not.toContain('[JOB]')

    const ids = [
      await harness.submit(),
      await harness.submit({ workload: 'torch_bench' }),
      await harness.submit({ workload: 'mystery' }),
    ]
    await expect.poll(async () => (await harness.call('GET', '/v1/wallet/balance', { key: null })).body['balance']).toBe('0.75')
    const { body } = await harness.call('GET', `/v1/jobs/${ids[0] ?? ''}`)
    expect(body).toMatchObject({
      state: 'completed',
      miner_id: 'shell-gpu0',
      receipt: { output_sha: sha256('stub: run text generation here\n') },
    })
    // The shell writes its line after the coordinator has paid.
    const timesDone = async (): Promise<number[]> => {
      const log = await readLog()
      return ids.map((id) => log.split(`done id=${id} `).length - 1)
    }
    await expect.poll(timesDone).toEqual([1, 1, 1])
    const balance = await harness.call('GET', '/v1/wallet/balance?wallet=wallet_demo', { key: null })
    expect(balance.body['balance']).toBe('0.75')
  })
})
