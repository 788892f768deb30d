import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EXIT_CODES } from '../../../src/cli/exit-codes.ts'
import { KEYS } from '../../../src/config/keys.ts'

/** The values that a directive of the unit has, in order. */
function directive(name: string): string[] {
  const text = readFileSync(new URL('../../../systemd/aitbc-miner.service', import.meta.url), 'utf8')
  return [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value ?? '')
}

function seconds(name: string): number {
  return Number(/^(\d+)s$/.exec(directive(name)[0] ?? '')?.[1])
}

describe('the unit', () => {
  it('grants a stop with the default settings all the time that it may take', () => {
    const [drainS, graceS] = [Number(KEYS.DRAIN_SECS.default), Number(KEYS.CANCEL_GRACE_SECS.default)]
    expect(seconds('TimeoutStopSec')).toBeGreaterThanOrEqual(drainS + graceS + 18)
  })

  it('does not start the miner again for what a person must change first', () => {
    expect(directive('RestartPreventExitStatus')).toEqual([`${EXIT_CODES.USAGE.code} ${EXIT_CODES.CONFIG.code}`])
  })

  it('checks a configuration before the daemon is told to read it', () => {
    expect(directive('ExecReload').slice(-2)).toEqual(['/usr/bin/aitbc-miner config check', `/bin/sh -c 'kill -HUP "$$MAINPID"'`])
  })

  it('lets the miner write where its default settings have it write', () => {
    expect(KEYS.STATE_DIR.default).toBe(`/var/lib/${directive('StateDirectory')[0]}`)
    expect(directive('ReadWritePaths')).toEqual(['-/var/log'])
    expect(KEYS.LOG_FILE.default.startsWith('/var/log/')).toBe(true)
    expect(directive('PrivateTmp')).toEqual(['yes'])
    expect(KEYS.WORK_DIR.default.startsWith('/tmp/')).toBe(true)
  })
})
