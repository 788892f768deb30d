import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { ConfigProblem } from '../../../src/config/config-problem.ts'
import { keyNames } from '../../../src/config/keys.ts'
import { findControlSocket, loadConfig } from '../../../src/config/load-config.ts'
import type { FoundSocket, LoadedConfig } from '../../../src/config/load-config.ts'
import type { MinerConfig } from '../../../src/config/miner-config.ts'
import { renderProblems } from '../../../src/config/render-problems.ts'
import { tempDir } from '../../support/temp-dir.ts'

function load(
  text: string | Uint8Array,
  options: { env?: Record<string, string>; mode?: number; folder?: string } = {},
): LoadedConfig {
  const path = join(options.folder ?? tempDir(), 'miner.conf')
  writeFileSync(path, text)
  chmodSync(path, options.mode ?? 0o640)
  return loadConfig({ path, env: options.env ?? {}, hostname: 'box' })
}

function configOf(loaded: LoadedConfig): MinerConfig {
  if (!loaded.ok) throw new Error(renderProblems(loaded.problems))
  return loaded.config
}

function problemsOf(loaded: LoadedConfig): readonly ConfigProblem[] {
  return loaded.ok ? loaded.warnings : loaded.problems
}

const GOOD = 'COORD_URL="https://c.corp"\nWALLET_ADDR="wallet1abc"\nAPI_KEY="hunter2"\n'

describe('loadConfig', () => {
  it('fills in every default of the table', () => {
    const { config, warnings } = { warnings: [], config: null, ...load(GOOD) }
    expect(warnings).toEqual([])
    expect(config).toMatchObject({
      wallet: 'wallet1abc',
      minerId: 'box-gpu0',
      workDir: '/tmp/aitbc-work',
      heartbeatMs: 20_000,
      jobPollMs: 3000,
      maxConcurrency: 1,
      accelMode: 'auto',
      stateDir: '/var/lib/aitbc-miner',
      logFile: '/var/log/aitbc-miner.log',
      logLevel: 'info',
      controlSocket: '/var/lib/aitbc-miner/control.sock',
      pollWaitS: 20,
      requestTimeoutMs: 30_000,
      deliveryDeadlineMs: 86_400_000,
      drainMs: 60_000,
      cancelGraceMs: 10_000,
      engineIdleMs: 300_000,
      engineSandbox: 'auto',
      engineThreads: null,
      maxRuntimeS: 3600,
      maxRamMb: null,
      maxOutputBytes: 67_108_864,
      workloads: null,
      notConfigured: [],
    })
  })

  it('reads the file of the founding document, comments, quotes and $(hostname) included', () => {
    const founding = [
      '# AITBC Miner config',
      'COORD_URL="https://coordinator.example.net"    # Coordinator base URL',
      'WALLET_ADDR="wallet1qxy2kgdygjrsqtzq2n0yrf..." # Your payout address',
      'API_KEY="REPLACE_WITH_WALLET_API_KEY"          # Wallet-issued key for auth',
      'MINER_ID="$(hostname)-gpu0"                     # Any stable node label',
      'WORK_DIR="/tmp/aitbc-work"                      # Scratch space',
      'HEARTBEAT_SECS=20                                # Health ping interval',
      'JOB_POLL_SECS=3                                  # Fetch cadence',
      'MAX_CONCURRENCY=1                                # Inference job slots',
      '# GPU modes: auto|gpu|cpu',
      'ACCEL_MODE="auto"',
    ]
    const loaded = load(founding.join('\n'))
    expect(configOf(loaded)).toMatchObject({ minerId: 'box-gpu0', heartbeatMs: 20_000 })
    expect(configOf(loaded).notConfigured).toEqual(['COORD_URL', 'WALLET_ADDR', 'API_KEY'])
    expect(problemsOf(loaded).map(({ severity, key, line }) => [severity, key, line])).toEqual([
      ['warning', 'COORD_URL', 2],
      ['warning', 'WALLET_ADDR', 3],
      ['warning', 'API_KEY', 4],
    ])
  })

  it('needs nothing replaced for a coordinator on this machine', () => {
    const loaded = load('COORD_URL="http://127.0.0.1:8080"\nAPI_KEY="CHANGE_ME"\n')
    expect(configOf(loaded).notConfigured).toEqual([])
    expect(problemsOf(loaded)).toEqual([])
  })

  it('freezes what it gives', () => {
    const config = configOf(load(`${GOOD}WORKLOADS="llm_gen"`))
    expect([config, config.notConfigured, config.workloads].every(Object.isFrozen)).toBe(true)
  })

  it('reports all problems at once, in the order of the file', () => {
    const loaded = load(
      'COORD_ULR="x"\nHEARTBEAT_SECS=soon\nACCEL_MODE=cuda\ngarbage\nMINER_ID="$(whoami)"\nSTATE_DIR="${HOME}/x"\n',
    )
    expect(loaded.ok).toBe(false)
    const errors = problemsOf(loaded).filter(({ severity }) => severity === 'error')
    expect(errors.map(({ key, line }) => [key, line])).toEqual([
      ['COORD_ULR', 1],
      ['HEARTBEAT_SECS', 2],
      ['ACCEL_MODE', 3],
      [null, 4],
      ['MINER_ID', 5],
      ['STATE_DIR', 6],
    ])
    const rendered = renderProblems(problemsOf(loaded))
    expect(rendered).toContain('did you mean COORD_URL?')
    expect(rendered).toContain('a number of seconds from 0.1 to 3600, found "soon"')
    expect(rendered).toContain('only $(hostname) and ${HOSTNAME} can be replaced here')
  })

  it('lets the environment override the file, and says where a wrong value came from', () => {
    expect(configOf(load(GOOD, { env: { AITBC_MAX_CONCURRENCY: '4', HOME: '/x' } })).maxConcurrency).toBe(4)
    const problems = problemsOf(load(GOOD, { env: { AITBC_MAX_CONCURRENCY: 'four' } }))
    expect(problems).toMatchObject([{ severity: 'error', key: 'MAX_CONCURRENCY', file: null, line: null }])
    expect(renderProblems(problems)).toMatch(/^environment: error: AITBC_MAX_CONCURRENCY: /)
  })

  it('warns of an environment variable that is no key', () => {
    expect(problemsOf(load(GOOD, { env: { AITBC_COORD: 'x' } }))).toMatchObject([{ severity: 'warning', key: 'COORD' }])
  })

  it('takes the last of two assignments and warns', () => {
    const loaded = load(`${GOOD}LOG_LEVEL=info\nLOG_LEVEL=debug\n`)
    expect(configOf(loaded).logLevel).toBe('debug')
    expect(problemsOf(loaded)).toMatchObject([{ severity: 'warning', key: 'LOG_LEVEL', line: 5 }])
  })

  it('keeps an API key with $, ` and # as it stands', () => {
    expect(configOf(load(GOOD.replace('hunter2', 'a$(id)`x`#${Y}'))).apiKey.reveal()).toBe('a$(id)`x`#${Y}')
  })

  it('warns, with the command that mends it, when others can read the key', () => {
    const folder = tempDir()
    const [warning] = problemsOf(load(GOOD, { mode: 0o644, folder }))
    expect(warning).toMatchObject({ severity: 'warning', key: 'API_KEY', line: 3 })
    expect(warning?.message).toContain(`chmod o= '${folder}/miner.conf'`)
    expect(problemsOf(load(GOOD, { mode: 0o640 }))).toEqual([])
    expect(
      problemsOf(load(GOOD.replace('hunter2', 'CHANGE_ME'), { mode: 0o644 }))
        .map(({ message }) => message)
        .join(),
    ).not.toContain('chmod')
  })

  it.each(['http://c.corp', 'http://10.0.0.1:8080', 'http://127.0.0.1.evil.corp', 'http://localhost.corp'])(
    'refuses %s, where the key would be readable on the way, unless that is allowed',
    (url) => {
      const text = GOOD.replace('https://c.corp', url)
      expect(problemsOf(load(text))).toMatchObject([{ severity: 'error', key: 'COORD_URL', line: 1 }])
      const allowed = load(`${text}ALLOW_INSECURE_HTTP=yes\n`)
      expect(allowed.ok).toBe(true)
      expect(problemsOf(allowed)).toMatchObject([{ severity: 'warning', key: 'COORD_URL' }])
    },
  )

  it.each(['http://localhost:8080', 'http://127.1.2.3', 'http://[::1]:1', 'http://a.localhost'])(
    'takes %s, which stays on this machine',
    (url) => {
      expect(problemsOf(load(GOOD.replace('https://c.corp', url)))).toEqual([])
    },
  )

  it('blames the key that makes the socket path too long', () => {
    const long = `/${'x'.repeat(100)}`
    expect(problemsOf(load(`${GOOD}STATE_DIR="${long}"`))).toMatchObject([{ severity: 'error', key: 'STATE_DIR', line: 4 }])
    expect(problemsOf(load(`${GOOD}CONTROL_SOCKET="${long}.socket"`))).toMatchObject([{ key: 'CONTROL_SOCKET', line: 4 }])
    expect(load(`${GOOD}STATE_DIR="${long}"\nCONTROL_SOCKET="/run/${'x'.repeat(102)}"`).ok).toBe(true)
  })

  it.each(['/srv/aitbc', '/srv'])('refuses scratch space %s that holds the state', (workDir) => {
    const problems = problemsOf(load(`${GOOD}STATE_DIR="/srv/aitbc"\nWORK_DIR="${workDir}"`))
    expect(problems).toMatchObject([{ severity: 'error', key: 'WORK_DIR', line: 5 }])
  })

  it.each([
    ['a missing file', (folder: string) => join(folder, 'none.conf'), 'no such file'],
    ['a directory', (folder: string) => folder, 'a directory'],
    ['a device', () => '/dev/zero', 'no regular file'],
  ])('says so of %s, and nothing else', (_, pathIn, message) => {
    const path = pathIn(tempDir())
    const loaded = loadConfig({ path, env: {}, hostname: 'box' })
    expect(problemsOf(loaded)).toMatchObject([{ severity: 'error', key: null, file: path, line: null }])
    expect(problemsOf(loaded)[0]?.message).toContain(message)
  })

  it('refuses text that is not UTF-8, and a file that is too large', () => {
    expect(problemsOf(load(new Uint8Array([0x41, 0xff])))[0]?.message).toContain('UTF-8')
    expect(problemsOf(load('#'.repeat(1024 * 1024 + 1)))[0]?.message).toContain('1 MiB')
  })

  it('tells of a file that it may not read', { skip: process.getuid?.() === 0 }, () => {
    expect(problemsOf(load(GOOD, { mode: 0o000 }))[0]?.message).toContain('sudo')
  })

  it('shows the API key nowhere, wrong or right', () => {
    const good = load(GOOD, { mode: 0o644 })
    const wrong = load(GOOD.replace('hunter2', 'hunter2 hunter2'), { env: { AITBC_API_KEY: 'hunter2\n' } })
    const broken = load('API_KEY="hunter2\nhunter2"\nHUNTERhunter2==\nCOORD_URL="https://me:hunter2@c.corp"\nAPI_KEY=hunter2#x\n')
    expect(wrong.ok || broken.ok).toBe(false)
    expect(inspect([good, wrong, broken], { depth: 9 }) + JSON.stringify([good, wrong, broken])).not.toContain('hunter2')
  })

  it('never throws, whatever stands in the file', () => {
    const folder = tempDir()
    const name = fc.oneof(fc.constantFrom(...keyNames()), fc.string())
    const value = fc.oneof(fc.string(), fc.constantFrom('"$(id)"', '`id`', '${STATE_DIR}', '/', '-1', '""', '"/a'))
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        const loaded = load(pairs.map((pair) => pair.join('=')).join('\n'), { folder })
        const errors = problemsOf(loaded).filter(({ severity }) => severity === 'error')
        expect(errors.length === 0).toBe(loaded.ok)
      }),
    )
  })

  it('executes nothing: a command in any key is an error or, in the API key, text', () => {
    const folder = tempDir()
    const marker = join(folder, 'executed')
    const commands = [`$(touch ${marker})`, `\`touch ${marker}\``]
    const accepted = keyNames().filter((key) => commands.some((command) => load(`${key}='${command}'`, { folder }).ok))
    expect(accepted).toEqual([])
    expect(existsSync(marker)).toBe(false)
  })
})

function find(text: string): FoundSocket {
  const path = join(tempDir(), 'miner.conf')
  writeFileSync(path, text)
  return findControlSocket({ path, env: {}, hostname: 'box' })
}

describe('findControlSocket', () => {
  it('finds the socket in a file that has become wrong elsewhere', () => {
    expect(find('STATE_DIR="/srv/miner"\nHEARTBEAT_SECS=never\nFOO=1\n')).toEqual({ ok: true, path: '/srv/miner/control.sock' })
    expect(find('CONTROL_SOCKET="/run/c.sock"\nSTATE_DIR="wrong"\n')).toEqual({ ok: true, path: '/run/c.sock' })
  })

  it('reports only what keeps it from the socket', () => {
    expect(find('STATE_DIR="wrong"\nFOO=1\n')).toMatchObject({ ok: false, problems: [{ key: 'STATE_DIR', line: 1 }] })
    expect(findControlSocket({ path: '/nonexistent/miner.conf', env: {}, hostname: 'box' })).toMatchObject({ ok: false })
  })
})
