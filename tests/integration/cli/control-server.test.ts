import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { describe, expect, it, onTestFinished } from 'vitest'

import { ControlServer } from '../../../src/control/control-server.ts'
import { fetchStatus } from '../../../src/control/fetch-status.ts'
import type { MinerStatus } from '../../../src/domain/miner-status.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { EXAMPLE_STATUS } from '../../unit/cli/example-status.ts'

function makeServer(
  socketPath: string,
  status: () => MinerStatus = () => EXAMPLE_STATUS,
  logger = new RecordingLogger(),
): ControlServer {
  const server = new ControlServer({ socketPath, handlers: { status }, logger })
  onTestFinished(async () => await server.stop())
  return server
}

/** Leaves a socket file behind that nobody listens to, as a killed daemon does. */
function leaveStaleSocket(path: string): void {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
}

function failToTell(): MinerStatus {
  throw new Error('journal closed')
}

async function sendRaw(path: string, message: string): Promise<string> {
  const socket = connect(path)
  socket.write(message)
  return await text(socket)
}

/** A peer that answers every connection with the given text and hangs up, or, with null, not at all. */
async function listenWith(path: string, answer: string | null): Promise<void> {
  const server = createServer((socket) => {
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => socket.destroy())
    if (answer !== null) socket.end(answer)
  })
  server.listen(path)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
}

describe('the control socket', () => {
  it('gives the status of the moment, to one client after another', async () => {
    const path = join(tempDir(), 'c.sock')
    let pid = 0
    await makeServer(path, () => ({ ...EXAMPLE_STATUS, pid: (pid += 1) })).start()
    expect((await fetchStatus(path, 5000)).pid).toBe(1)
    expect(await fetchStatus(path, 5000)).toEqual({ ...EXAMPLE_STATUS, pid: 2 })
  })

  it('is open to its owner alone, and leaves the umask as it was', async () => {
    const path = join(tempDir(), 'c.sock')
    const umask = process.umask()
    await makeServer(path).start()
    expect(lstatSync(path).mode & 0o777).toBe(0o600)
    expect(process.umask()).toBe(umask)
  })

  it('is gone after the stop, which may be asked for twice and ends open connections', async () => {
    const path = join(tempDir(), 'c.sock')
    const server = makeServer(path)
    await server.start()
    const idle = connect(path)
    await once(idle, 'connect')
    const closed = once(idle, 'close')
    await Promise.all([server.stop(), server.stop(), closed])
    expect(existsSync(path)).toBe(false)
    await expect(fetchStatus(path, 5000)).rejects.toMatchObject({ code: 'AITBC_NOT_RUNNING' })
  })

  it('can be stopped before it was started', async () => {
    await expect(makeServer(join(tempDir(), 'c.sock')).stop()).resolves.toBeUndefined()
  })

  it('replaces a socket that a killed daemon left', async () => {
    const path = join(tempDir(), 'c.sock')
    leaveStaleSocket(path)
    expect(lstatSync(path).isSocket()).toBe(true)
    await expect(fetchStatus(path, 5000)).rejects.toMatchObject({ code: 'AITBC_NOT_RUNNING' })
    await makeServer(path).start()
    expect(await fetchStatus(path, 5000)).toEqual(EXAMPLE_STATUS)
  })

  it('is not taken from a daemon that lives', async () => {
    const path = join(tempDir(), 'c.sock')
    await makeServer(path).start()
    await expect(makeServer(path).start()).rejects.toMatchObject({ code: 'AITBC_ALREADY_RUNNING' })
    expect(await fetchStatus(path, 5000)).toEqual(EXAMPLE_STATUS)
  })

  it('never removes what is not a socket', async () => {
    const path = join(tempDir(), 'precious')
    writeFileSync(path, 'data')
    await expect(makeServer(path).start()).rejects.toMatchObject({ code: 'AITBC_CONFIG' })
    expect(readFileSync(path, 'utf8')).toBe('data')
  })

  it('says so when its folder does not exist', async () => {
    const path = join(tempDir(), 'none', 'c.sock')
    await expect(makeServer(path).start()).rejects.toThrow(/cannot listen on .*; see that its folder exists/)
  })

  it.each(['nonsense\n', '{"request":"format-disk"}\n', '[]\n', '\n'])('answers %j with a refusal', async (message) => {
    const path = join(tempDir(), 'c.sock')
    await makeServer(path).start()
    expect(JSON.parse(await sendRaw(path, message))).toMatchObject({ ok: false })
  })

  it('hangs up on a request without end, and serves the next client', async () => {
    const path = join(tempDir(), 'c.sock')
    await makeServer(path).start()
    const socket = connect(path)
    const hungUp = new Promise((resolve) => void socket.on('error', () => socket.destroy()).on('close', resolve))
    socket.write('x'.repeat(100_000))
    await hungUp
    expect(await fetchStatus(path, 5000)).toEqual(EXAMPLE_STATUS)
  })

  it('outlives a status that cannot be told, and logs it', async () => {
    const path = join(tempDir(), 'c.sock')
    const logger = new RecordingLogger()
    await makeServer(path, failToTell, logger).start()
    await expect(fetchStatus(path, 5000)).rejects.toMatchObject({ code: 'AITBC_CONTROL' })
    expect(logger.lines).toMatchObject([{ level: 'warn', attributes: { error: 'journal closed' } }])
  })
})

describe('fetchStatus', () => {
  it.each(['garbage\n', '{"ok":true,"status":{}}\n', '{"ok":false,"error":"no"}\n', 'half a line'])(
    'fails with AITBC_CONTROL on the answer %j',
    async (answer) => {
      const path = join(tempDir(), 'c.sock')
      await listenWith(path, answer)
      await expect(fetchStatus(path, 5000)).rejects.toMatchObject({ code: 'AITBC_CONTROL' })
    },
  )

  it('does not wait longer than it was told to', async () => {
    const path = join(tempDir(), 'c.sock')
    await listenWith(path, null)
    await expect(fetchStatus(path, 50)).rejects.toThrow('no answer within 50 ms')
  })

  it('tells of a socket of another user', { skip: process.getuid?.() === 0 }, async () => {
    const path = join(tempDir(), 'c.sock')
    await makeServer(path).start()
    chmodSync(path, 0o000)
    await expect(fetchStatus(path, 5000)).rejects.toMatchObject({ code: 'AITBC_CONTROL', facts: { permissionDenied: true } })
  })
})
