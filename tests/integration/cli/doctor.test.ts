import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { localCoordinator } from '../../support/local-coordinator.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { runCommand } from './run-command.ts'

const KEY = 'a-key-that-nobody-may-see'

/** The stable output of `doctor --json`. */
const reportSchema = z.strictObject({
  ok: z.boolean(),
  version: z.string(),
  checkedAt: z.iso.datetime(),
  file: z.string(),
  user: z.string().min(1),
  rows: z.array(
    z.strictObject({
      check: z.string().regex(/^[a-z_]+$/),
      name: z.string().min(1),
      verdict: z.enum(['good', 'warning', 'failed', 'skipped']),
      found: z.string().min(1),
      remedy: z.string().min(1).nullable(),
      tookMs: z.int().min(0),
    }),
  ),
})

interface Examined {
  readonly exitCode: number
  readonly report: z.infer<typeof reportSchema>
  readonly verdicts: (check: string) => string[]
  readonly found: (check: string) => string
}

async function examine(keys: Readonly<Record<string, string>>): Promise<Examined> {
  const folder = tempDir()
  const file = join(folder, 'miner.conf')
  const all = {
    WALLET_ADDR: 'wallet-1',
    API_KEY: KEY,
    WORK_DIR: join(folder, 'work'),
    STATE_DIR: join(folder, 'state'),
    LOG_FILE: join(folder, 'miner.log'),
    ACCEL_MODE: 'cpu',
    WORKLOADS: 'none',
    ...keys,
  }
  writeFileSync(
    file,
    Object.entries(all)
      .map(([key, value]) => `${key}="${value}"\n`)
      .join(''),
  )
  chmodSync(file, 0o600)
  const { exitCode, stdout, stderr } = await runCommand(['doctor', '--json', '--config', file])
  expect(stdout + stderr).not.toContain(KEY)
  const report = reportSchema.parse(JSON.parse(stdout))
  const of = (check: string) => report.rows.filter((row) => row.check === check)
  return {
    exitCode,
    report,
    verdicts: (check) => of(check).map(({ verdict }) => verdict),
    found: (check) =>
      of(check)
        .map(({ found }) => found)
        .join('\n'),
  }
}

async function server(listener: RequestListener): Promise<string> {
  const http = createServer(listener)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void http.close())
  const { port } = z.custom<AddressInfo>((address) => typeof address === 'object' && address !== null).parse(http.address())
  return `http://127.0.0.1:${port}`
}

describe('aitbc-miner doctor', () => {
  it('finds nothing wrong with a coordinator that takes the key and engines that work', async () => {
    const { coordinator } = await localCoordinator()
    const { exitCode, report, verdicts, found } = await examine({ COORD_URL: coordinator.url, WORKLOADS: 'llm_gen,torch_bench' })
    expect(report.rows.filter(({ verdict }) => verdict === 'failed')).toEqual([])
    expect([exitCode, report.ok]).toEqual([0, true])
    expect(verdicts('key')).toEqual(['good'])
    expect(verdicts('clock')).toEqual(['good'])
    expect(verdicts('backends')).toEqual(['good', 'good'])
    // And the sandbox, which is as good as the kernel.
    expect(verdicts('engines')).toHaveLength(3)
    expect(verdicts('engines').filter((verdict) => verdict === 'good').length).toBeGreaterThanOrEqual(2)
    expect(found('engines')).toMatch(/16 tokens of tiny-llm in .* llama\.cpp/)
  })

  it('takes no job and leaves no trace of itself with the coordinator', async () => {
    const { coordinator, client } = await localCoordinator()
    const { id } = await client.submit({ workload: 'llm_gen', params: { prompt: 'Hello' } })
    const before = await client.view(id)
    await examine({ COORD_URL: coordinator.url })
    expect(await client.view(id)).toEqual(before)
  })

  it('says that the coordinator refuses the key', async () => {
    const { coordinator } = await localCoordinator({ isStrict: true })
    const { exitCode, verdicts, report } = await examine({ COORD_URL: coordinator.url })
    expect(exitCode).toBe(1)
    expect(verdicts('key')).toEqual(['failed'])
    expect(report.rows.find(({ check }) => check === 'key')?.remedy).toContain('set API_KEY')
  })

  it('asks no further where nobody listens', async () => {
    const { exitCode, verdicts } = await examine({ COORD_URL: 'http://127.0.0.1:1' })
    expect(exitCode).toBe(1)
    expect([verdicts('dns'), verdicts('connection'), verdicts('coordinator'), verdicts('clock'), verdicts('key')]).toEqual([
      ['good'],
      ['failed'],
      ['skipped'],
      ['skipped'],
      ['skipped'],
    ])
  })

  it('says by how much the clock is off', async () => {
    const url = await server((_request, response) => {
      response.setHeader('Date', new Date(Date.now() - 3_600_000).toUTCString())
      response.end('{}')
    })
    const { exitCode, verdicts, found } = await examine({ COORD_URL: url })
    expect([exitCode, verdicts('clock')]).toEqual([1, ['failed']])
    expect(found('clock')).toMatch(/^(?:3599|3600|3601) s ahead of/)
  })

  it('tells of a redirect, which the miner would not follow', async () => {
    const url = await server((_request, response) => {
      response.writeHead(301, { Location: 'https://elsewhere.test/' }).end()
    })
    const { found } = await examine({ COORD_URL: url })
    expect(found('coordinator')).toContain('https://elsewhere.test/ (HTTP 301)')
  })

  it('does not call a coordinator before the placeholders are replaced', async () => {
    const { exitCode, report, verdicts } = await examine({ COORD_URL: 'https://coordinator.example.net' })
    expect(exitCode).toBe(1)
    expect(report.rows[0]).toMatchObject({ check: 'conf', verdict: 'failed' })
    expect(verdicts('dns')).toEqual(['skipped'])
  })

  it('tells of all that is wrong in a configuration, and ends with 78', async () => {
    const { exitCode, report } = await examine({ COORD_URL: 'ftp://nowhere', MAX_CONCURRENCY: '0' })
    expect(exitCode).toBe(78)
    expect(report.rows.map(({ check, verdict }) => [check, verdict])).toEqual([
      ['conf', 'failed'],
      ['conf', 'failed'],
    ])
  })

  it('tells of folders that are none and of a language-model server that does not answer', async () => {
    const folder = tempDir()
    const [state, work] = [join(folder, 'state'), join(folder, 'work')]
    for (const file of [state, work]) writeFileSync(file, '')
    const { exitCode, verdicts } = await examine({
      COORD_URL: 'http://127.0.0.1:1',
      STATE_DIR: state,
      WORK_DIR: work,
      CONTROL_SOCKET: '/nowhere/control.sock',
      LLM_BACKEND: 'http',
      LLM_URL: 'http://127.0.0.1:1',
    })
    expect(exitCode).toBe(1)
    expect([verdicts('state_dir'), verdicts('work_dir'), verdicts('llm_server')]).toEqual([['failed'], ['failed'], ['failed']])
  })

  it('tells what stands against working in a folder that it may not enter', { skip: process.getuid?.() === 0 }, async () => {
    const work = join(tempDir(), 'work')
    mkdirSync(work, { mode: 0o000 })
    onTestFinished(() => chmodSync(work, 0o700))
    const { verdicts, found } = await examine({ COORD_URL: 'http://127.0.0.1:1', WORK_DIR: work })
    expect(verdicts('work_dir')).toEqual(['failed'])
    expect(found('work_dir')).toMatch(/^the work folder .* cannot be worked in .*EACCES/)
  })

  it('refuses to look as a user that there is not', async () => {
    const { exitCode, stderr } = await runCommand(['doctor', '--user', 'no-such-user-here'])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/there is no user no-such-user-here|only root can look/)
  })
})
