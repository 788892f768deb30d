import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { tempDir } from '../../support/temp-dir.ts'
import { runCommand } from './run-command.ts'

function writeConfig(text: string, mode = 0o640): string {
  const path = join(tempDir(), 'miner.conf')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const GOOD = 'COORD_URL="https://c.corp"\nWALLET_ADDR="wallet1abc"\nAPI_KEY="hunter2"\n'

describe('aitbc-miner config check', () => {
  it('says that a good file is good', async () => {
    const path = writeConfig(GOOD)
    expect(await runCommand(['config', 'check', '--config', path])).toEqual({
      exitCode: 0,
      stdout: `${path} is valid\n`,
      stderr: '',
    })
  })

  it('reports several problems at once on stderr, and ends with 78', async () => {
    const path = writeConfig(`${GOOD}HEARTBEAT_SECS=soon\nACEL_MODE=gpu\n`)
    expect(await runCommand(['config', 'check', '--config', path])).toEqual({
      exitCode: 78,
      stdout: '',
      stderr: [
        'aitbc-miner: the configuration has 2 errors',
        `  ${path}:4: error: HEARTBEAT_SECS: expected a number of seconds from 0.1 to 3600, found "soon"`,
        '      write for example HEARTBEAT_SECS=20',
        `  ${path}:5: error: ACEL_MODE: no such key`,
        '      did you mean ACCEL_MODE?',
        '',
      ].join('\n'),
    })
  })

  it('warns of a file that every user can read, without showing the key', async () => {
    const path = writeConfig(GOOD, 0o644)
    const { exitCode, stdout, stderr } = await runCommand(['config', 'check', '--config', path])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain(`${path} is valid, with 1 warning\n`)
    expect(stdout).toContain(`      run: chmod o= '${path}'\n`)
    expect(stdout).not.toContain('hunter2')
  })

  it('prints a report as JSON, whether good or bad', async () => {
    const good = writeConfig('COORD_URL="https://coordinator.example.net"\nWALLET_ADDR="w"\nAPI_KEY="k"\n')
    const goodResult = await runCommand(['config', 'check', '--json', '--config', good])
    expect(goodResult.exitCode).toBe(0)
    expect(JSON.parse(goodResult.stdout)).toMatchObject({
      ok: true,
      file: good,
      notConfigured: ['COORD_URL'],
      problems: [{ severity: 'warning', key: 'COORD_URL', file: good, line: 1 }],
    })
    const bad = writeConfig(`${GOOD}LOG_LEVEL=loud\n`)
    const badResult = await runCommand(['config', 'check', '--json', '--config', bad])
    expect({ exitCode: badResult.exitCode, stderr: badResult.stderr }).toEqual({ exitCode: 78, stderr: '' })
    expect(JSON.parse(badResult.stdout)).toMatchObject({
      ok: false,
      problems: [{ severity: 'error', key: 'LOG_LEVEL', line: 4 }],
    })
  })

  it('reads AITBC_ variables, and never shows a secret that came through one', async () => {
    const env = { AITBC_API_KEY: 'hunter2 with spaces', AITBC_MAX_CONCURRENCY: '0' }
    const { exitCode, stdout, stderr } = await runCommand(['config', 'check', '--config', writeConfig(GOOD)], env)
    expect(exitCode).toBe(78)
    expect(stderr).toContain('environment: error: AITBC_API_KEY: ')
    expect(stderr).toContain('environment: error: AITBC_MAX_CONCURRENCY: ')
    expect(stdout + stderr).not.toContain('hunter2')
  })
})

describe('aitbc-miner run', () => {
  it('does not start with a wrong configuration: it reports as the check does', async () => {
    const path = writeConfig(`${GOOD}LOG_LEVEL=loud\n`)
    const checked = await runCommand(['config', 'check', '--config', path])
    expect(await runCommand(['run', '--config', path])).toEqual(checked)
    expect(checked.exitCode).toBe(78)
  })
})
