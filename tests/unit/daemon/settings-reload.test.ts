import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { GoodConfig, LoadedConfig } from '../../../src/config/load-config.ts'
import { SettingsReload } from '../../../src/daemon/settings-reload.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { tempDir } from '../../support/temp-dir.ts'

function setUp() {
  const path = join(tempDir(), 'miner.conf')
  const write = (text: string): void => writeFileSync(path, text, { mode: 0o600 })
  const load = (): LoadedConfig => loadConfig({ path, env: {}, hostname: 'host' })
  write('')
  const settings = load()
  if (!settings.ok) throw new Error('an empty file is a good one')
  const logger = new RecordingLogger()
  const calls: string[] = []
  const reload = new SettingsReload({
    settings,
    load,
    adjust: ({ config }: GoodConfig) => calls.push(`adjust ${config.logLevel}`),
    notifier: { reloading: () => calls.push('reloading'), ready: () => calls.push('ready') },
    logger,
  })
  const miner = {
    jobs: [] as unknown[],
    lifecycle: { yield: (): void => void calls.push('yield') },
    status: () => ({ jobs: miner.jobs }),
  }
  reload.direct(miner)
  return { write, logger, calls, reload, miner }
}

describe('SettingsReload', () => {
  it('leaves the settings as they are for a file with errors, and tells each of them', () => {
    const { write, logger, calls, reload } = setUp()
    write('MAX_CONCURRENCY=zero\nHEARTBEAT_SEC=2\nLOG_LEVEL=debug\n')
    reload.request()
    expect(calls).toEqual(['reloading', 'ready'])
    expect(logger.lines.filter(({ level }) => level === 'error').map(({ attributes }) => attributes['key'])).toEqual([
      'MAX_CONCURRENCY',
      'HEARTBEAT_SEC',
      undefined,
    ])
    expect(logger.messages('error').at(-1)).toContain('stay in force')
    expect(reload.advance()).toBe(false)
    expect(reload.inForce.config.logLevel).toBe('info')
  })

  it('has the miner make room for one with the new settings', () => {
    const { write, calls, reload } = setUp()
    write('MAX_CONCURRENCY=2\n')
    reload.request()
    expect(calls).toEqual(['reloading', 'adjust info', 'yield'])
    expect(reload.inForce.config.maxConcurrency).toBe(1)
    expect(reload.advance()).toBe(true)
    expect(reload.inForce.config.maxConcurrency).toBe(2)
    expect(reload.advance()).toBe(false)
  })

  it('does not keep who reloads waiting for the running jobs', () => {
    const { write, calls, reload, miner } = setUp()
    miner.jobs.push({})
    write('MAX_CONCURRENCY=2\n')
    reload.request()
    expect(calls).toEqual(['reloading', 'adjust info', 'ready', 'yield'])
  })

  it('obeys another log level at once, without another miner', () => {
    const { write, calls, reload } = setUp()
    write('LOG_LEVEL=debug\n')
    reload.request()
    expect(calls).toEqual(['reloading', 'adjust debug', 'ready'])
    expect(reload.inForce.config.logLevel).toBe('debug')
    expect(reload.advance()).toBe(false)
  })

  it('does nothing when nothing has changed', () => {
    const { write, calls, reload } = setUp()
    write('# a comment\n')
    reload.request()
    expect(calls).toEqual(['reloading', 'ready'])
    expect(reload.advance()).toBe(false)
  })

  it('takes the last of several files, be it the first again', () => {
    const { write, reload } = setUp()
    for (const text of ['MAX_CONCURRENCY=2\n', 'MAX_CONCURRENCY=3\n', '']) {
      write(text)
      reload.request()
    }
    expect(reload.advance()).toBe(true)
    expect(reload.inForce.config.maxConcurrency).toBe(1)
  })

  it('keeps new settings for the miner that is being built', () => {
    const { write, calls, reload, miner } = setUp()
    reload.direct(null)
    write('MAX_CONCURRENCY=2\n')
    reload.request()
    expect(calls).not.toContain('yield')
    reload.direct(miner)
    expect(calls.at(-1)).toBe('yield')
  })

  it('goes back to the former settings when no miner can be built with the new ones, but not further', () => {
    const { write, calls, logger, reload, miner } = setUp()
    write('MAX_CONCURRENCY=2\nLOG_LEVEL=debug\n')
    reload.request()
    reload.advance()
    expect(reload.revert(new Error('no such disk'))).toBe(true)
    expect(reload.inForce.config.maxConcurrency).toBe(1)
    expect(calls.at(-1)).toBe('adjust info')
    expect(logger.lines.at(-1)).toMatchObject({ level: 'error', attributes: { error: 'no such disk' } })
    expect(reload.revert(new Error('again'))).toBe(false)
    reload.direct(miner)
    expect(reload.revert(new Error('much later'))).toBe(false)
  })
})
