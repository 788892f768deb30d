import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { ControlServer } from '../../../src/control/control-server.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { EXAMPLE_STATUS } from '../../unit/cli/example-status.ts'
import { runCommand } from './run-command.ts'

async function serveStatus(): Promise<string> {
  const folder = tempDir()
  const server = new ControlServer({
    socketPath: join(folder, 'control.sock'),
    handlers: { status: () => EXAMPLE_STATUS },
    logger: new RecordingLogger().expectNoErrors(),
  })
  await server.start()
  onTestFinished(async () => await server.stop())
  return folder
}

describe('aitbc-miner status', () => {
  it('finds the socket through the configuration, and shows the state without colours where there is no terminal', async () => {
    const folder = await serveStatus()
    const path = join(folder, 'miner.conf')
    writeFileSync(path, `STATE_DIR="${folder}"\nHEARTBEAT_SECS=wrong-since-the-daemon-started\n`)
    const { exitCode, stdout, stderr } = await runCommand(['status', '--config', path], { CI: '1' })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^state {8}waiting: the coordinator cannot be reached\n/)
    expect(stdout).not.toContain('\u001b')
  })

  it('prints the whole status as JSON', async () => {
    const folder = await serveStatus()
    const { exitCode, stdout } = await runCommand(['status', '--json', '--socket', join(folder, 'control.sock')])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual(EXAMPLE_STATUS)
  })

  it('says that the miner is not running, and where to look, with 69', async () => {
    const socket = join(tempDir(), 'control.sock')
    expect(await runCommand(['status', '--socket', socket])).toEqual({
      exitCode: 69,
      stdout: '',
      stderr:
        `aitbc-miner: the miner is not running: nobody listens on ${socket} (AITBC_NOT_RUNNING)\n` +
        '  to see why: journalctl -u aitbc-miner -n 50\n',
    })
  })

  it('ends with 78 when there is no configuration to name the socket', async () => {
    const path = join(tempDir(), 'miner.conf')
    const { exitCode, stderr } = await runCommand(['status', '--config', path])
    expect(exitCode).toBe(78)
    expect(stderr).toContain(`${path}: error: no such file`)
  })
})
