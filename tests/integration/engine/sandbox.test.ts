import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, ListenOptions } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { EngineChild } from '../../../src/engine/engine-child.ts'
import type { ChildCommand } from '../../../src/engine/engine-child.ts'
import { EngineHost } from '../../../src/engine/engine-host.ts'
import type { HostRun } from '../../../src/engine/engine-host.ts'
import type { SandboxMessage } from '../../../src/engine/messages.ts'
import { sandboxedCommand } from '../../../src/engine/sandbox/sandboxed-command.ts'
import { SystemClock } from '../../../src/platform/system-clock.ts'
import type { Targets } from '../../fixtures/engines/attacker.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { command, enginePool, failureOf, fixtureEngine } from './engine-fixture.ts'

const FIXTURES = fileURLToPath(new URL('../../fixtures/engines', import.meta.url))
const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'))
/** A little more than the runtime, which the attacker makes a copy of. */
const MAX_FILE_BYTES = 2 ** 28

const outcomesSchema = z.record(z.string(), z.string())

interface Scene {
  readonly targets: Targets
  readonly workDir: string
  readonly command: ChildCommand
}

async function listeningOn(options: ListenOptions): Promise<number> {
  const server = createServer((socket) => socket.destroy())
  server.listen(options)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address: string | AddressInfo | null = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A daemon's folder and sockets, a process of the same user, and an attacker in the sandbox of an engine that runs next to them. */
async function scene(landlockAbi: number | null): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'aitbc-sandbox-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const secretFolder = join(folder, 'daemon')
  const workDir = join(folder, 'work', '1')
  for (const path of [secretFolder, workDir]) mkdirSync(path, { recursive: true })
  const secrets = {
    conf: join(secretFolder, 'miner.conf'),
    journal: join(secretFolder, 'journal.db'),
    identity: join(secretFolder, 'node-key.pem'),
  }
  const model = join(folder, 'model.gguf')
  for (const path of [...Object.values(secrets), model]) writeFileSync(path, 'as it was')
  const unixSocket = join(secretFolder, 'control.sock')
  const abstractSocket = `aitbc-sandbox-${process.pid}-${landlockAbi}`
  const tcpPort = await listeningOn({ port: 0, host: hasIpv6 ? '::' : '127.0.0.1' })
  await listeningOn({ path: unixSocket })
  await listeningOn({ path: `\0${abstractSocket}` })
  const datagrams = createSocket('udp4').bind(0, '127.0.0.1')
  await once(datagrams, 'listening')
  onTestFinished(() => void datagrams.close())
  const victim = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true })
  await once(victim, 'spawn')
  onTestFinished(() => void victim.kill('SIGKILL'))
  const targets = {
    secrets,
    secretFolder,
    model,
    tcpPort,
    udpPort: datagrams.address().port,
    unixSocket,
    abstractSocket,
    victim: victim.pid ?? 0,
  }
  const plain = {
    execPath: process.execPath,
    args: ['--experimental-ffi', '--disable-warning=ExperimentalWarning', fixtureEngine('attacker'), JSON.stringify(targets)],
    environment: { HOME: workDir },
  }
  if (landlockAbi === null) return { targets, workDir, command: plain }
  const sandboxed = sandboxedCommand(
    plain,
    { kind: 'llama', hasGpu: false },
    {
      isRequired: landlockAbi > 0,
      read: [model, FIXTURES],
      workRoot: join(folder, 'work'),
      cacheDir: join(folder, 'cache'),
      maxFileBytes: MAX_FILE_BYTES,
    },
  )
  const args = sandboxed.args.toSpliced(sandboxed.args.indexOf('--'), 0, '--landlock-abi', String(landlockAbi))
  return { targets, workDir, command: { ...sandboxed, args } }
}

interface Attack {
  readonly outcomes: Readonly<Record<string, string>>
  readonly sandbox: SandboxMessage | null
}

async function attack({ command, workDir }: Scene): Promise<Attack> {
  const child = new EngineChild(command, new SystemClock())
  onTestFinished(() => child.kill('was in a test', null))
  await child.ready
  const answer = await child.run(
    { type: 'run', runId: 1, workload: 'llm_gen', params: {}, model: null, inputs: [], workDir, maxOutputBytes: 1000 },
    () => {},
  )
  if (answer.type !== 'done' || answer.output.kind !== 'inline') throw new Error(`the attacker said ${JSON.stringify(answer)}`)
  return {
    outcomes: outcomesSchema.parse(JSON.parse(Buffer.from(answer.output.base64, 'base64').toString('utf8'))),
    sandbox: child.sandbox,
  }
}

/** How Linux and Node put it that something is not allowed: a call, a link that may not lead here, a library that cannot ask anybody. */
const REFUSALS = new Set(['EACCES', 'EPERM', 'ENOSYS', 'EXDEV', 'ECONNREFUSED', 'EFBIG', 'exit 1'])

/** Mounted with `hidepid`, /proc does not even show a process that one may not look at. */
function isHidden(name: string, outcome: string): boolean {
  return name.startsWith('read /proc/PID/') && outcome === 'ENOENT'
}

/** Attempts that did not fail by being refused. */
function notRefused({ outcomes }: Attack): string[] {
  return Object.entries(outcomes)
    .filter(([name, outcome]) => !name.startsWith('may ') && !REFUSALS.has(outcome) && !isHidden(name, outcome))
    .map(([name, outcome]) => `${name}: ${outcome}`)
}

function failedThoughAllowed({ outcomes }: Attack): string[] {
  return Object.entries(outcomes)
    .filter(([name, outcome]) => name.startsWith('may ') && outcome !== 'done')
    .map(([name, outcome]) => `${name}: ${outcome}`)
}

const HOST = {
  kind: 'llama',
  device: 'cpu',
  sandbox: { isRequired: false, read: [], workRoot: tmpdir(), cacheDir: tmpdir(), maxFileBytes: MAX_FILE_BYTES },
  parallelRuns: 1,
  startTimeoutMs: 600_000,
  idleMs: 60_000,
  cancelGraceMs: 200,
  silenceMs: null,
} as const

function hostRun(workDir: string): HostRun {
  return {
    message: { workload: 'llm_gen', params: {}, model: null, inputs: [], workDir, maxOutputBytes: 1000 },
    maxRuntimeS: 600,
    ramMb: null,
    signal: new AbortController().signal,
    onProgress: () => {},
  }
}

/** The version of Landlock that this kernel has; null where it has none. */
async function landlockOfThisKernel(): Promise<number | null> {
  const nothing = { isRequired: false, read: [FIXTURES], workRoot: tmpdir(), cacheDir: tmpdir(), maxFileBytes: MAX_FILE_BYTES }
  const plain = { execPath: process.execPath, args: [fixtureEngine('obedient')], environment: {} }
  const child = new EngineChild(sandboxedCommand(plain, { kind: 'llama', hasGpu: false }, nothing), new SystemClock())
  await child.ready
  const { sandbox } = child
  await child.kill('has answered', null)
  return sandbox?.landlockAbi ?? null
}

/** What any process of the same user can do to the daemon. */
const HARM = [
  'read the conf',
  'read the journal',
  'read the identity key',
  'overwrite the conf',
  'remove the journal',
  'open the conf to all',
  'cut the model off by its name',
  'run a shell',
  'connect over IPv4',
  ...(hasIpv6 ? ['connect over IPv6'] : []),
  'send a datagram',
  'open a port',
  'connect to the control socket',
  'connect to an abstract socket',
  'connect from a process of its own',
  'connect from a thread of its own',
  'read /proc/PID/environ of another',
  'limit another',
  'kill another',
]

const kernelAbi = await landlockOfThisKernel()

describe.skipIf(kernelAbi === null)(`the sandbox of an engine (Landlock: ${kernelAbi ?? 'none here'})`, () => {
  // Linux 6.1 of Debian 12 has the second, 6.12 of Debian 13 the sixth.
  it.each([2, 6, 7])('refuses every attack with version %i of Landlock, and nothing that an engine needs', async (abi) => {
    const place = await scene(abi)
    const result = await attack(place)
    expect(notRefused(result)).toEqual([])
    expect(failedThoughAllowed(result)).toEqual([])
    expect(result.sandbox).toMatchObject({ hasSeccomp: true })
    expect(result.sandbox?.landlockAbi).toBeLessThanOrEqual(abi)
    const { secrets, model, victim } = place.targets
    for (const path of [...Object.values(secrets), model]) expect(readFileSync(path, 'utf8')).toBe('as it was')
    expect(() => process.kill(victim, 0)).not.toThrow()
  })

  it('follows a work folder that was removed and made again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'aitbc-sandbox-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const workRoot = join(folder, 'work')
    const workDir = join(workRoot, '1')
    const sandbox = {
      isRequired: true,
      read: [FIXTURES],
      workRoot,
      cacheDir: join(folder, 'cache'),
      maxFileBytes: MAX_FILE_BYTES,
    }
    const pool = await enginePool({ entry: fixtureEngine('writes-a-file'), sandbox })
    const pids: unknown[] = []
    for (const _ of ['as it was', 'made again', 'left alone']) {
      if (pids.length < 2) rmSync(workRoot, { recursive: true, force: true })
      mkdirSync(workDir, { recursive: true })
      await pool.run({ ...(await command(0)), workDir })
      expect(readFileSync(join(workDir, 'file'), 'utf8')).toBe('written')
      pids.push(pool.status()[0]?.pid)
    }
    expect(pids[1]).not.toBe(pids[0])
    expect(pids[2]).toBe(pids[1])
  })
})

describe('the sandbox of an engine on any kernel', () => {
  it('leaves no network and no way to other processes on a kernel without Landlock', async () => {
    const result = await attack(await scene(0))
    expect(result.sandbox).toMatchObject({ hasSeccomp: true, landlockAbi: null })
    const ofFiles = /read the|list|write|make a file|link|pipe|move|remove|run|overwrite|watch the|proc/i
    expect(notRefused(result).filter((attempt) => !ofFiles.test(attempt))).toEqual([])
  })

  it('is not left out where it is required: the engine then does not start', async () => {
    const { command: optional } = await scene(0)
    const required = { ...optional, args: optional.args.toSpliced(optional.args.indexOf('--'), 0, '--required') }
    const child = new EngineChild(required, new SystemClock())
    await expect(child.ready).rejects.toThrow(/no Landlock, and ENGINE_SANDBOX is "required"/)
  })

  it('is told of in the log and the status, with a warning, once, of what this kernel cannot do', async () => {
    const logger = new RecordingLogger()
    const { command: attacker, workDir } = await scene(0)
    const host = new EngineHost({ ...HOST, command: attacker, logger, clock: new SystemClock() })
    onTestFinished(() => host.stop())
    await host.run(hostRun(workDir))
    await host.stop()
    expect(host.status().sandbox).toBe('seccomp')
    const told = logger.lines.filter(({ message }) => message.startsWith('engine '))
    expect(told).toContainEqual(
      expect.objectContaining({
        level: 'info',
        message: 'engine ready',
        attributes: expect.objectContaining({ sandbox: 'seccomp' }),
      }),
    )
    expect(told.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({
        message: 'engine sandbox incomplete',
        attributes: expect.objectContaining({ missing: 'Landlock', in_force: 'seccomp' }),
      }),
    ])
  })

  it('is not what an engine says of it later: that ends the engine', async () => {
    const pool = await enginePool({ entry: fixtureEngine('speaks-of-sandbox') })
    expect((await failureOf(pool.run(await command(0)))).message).toContain('spoke of its sandbox')
  })

  it('is what refuses: without it the same attacks do their harm', async () => {
    const { outcomes, sandbox } = await attack(await scene(null))
    expect(sandbox).toBeNull()
    expect(HARM.filter((name) => outcomes[name] !== 'done')).toEqual([])
  })
})
