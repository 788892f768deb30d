import { describe, expect, it } from 'vitest'
import { serviceEnvironment } from '../../../src/config/service-environment.ts'

function read(env: Record<string, string>, isTTY = false): ReturnType<typeof serviceEnvironment> {
  return serviceEnvironment({ env, stdin: { isTTY }, stdout: { isTTY }, pid: 42 })
}

describe('the surroundings of the daemon', () => {
  it.each([
    ['none', {}, null],
    ['of a unit', { WATCHDOG_USEC: '60000000', WATCHDOG_PID: '42' }, 60_000],
    ['without a process', { WATCHDOG_USEC: '500000' }, 500],
    ['meant for a parent', { WATCHDOG_USEC: '60000000', WATCHDOG_PID: '41' }, null],
    ['of nothing', { WATCHDOG_USEC: '0', WATCHDOG_PID: '42' }, null],
    ['that is no number', { WATCHDOG_USEC: '1min' }, null],
  ])('hold a watchdog %s', (_what, env, expected) => {
    expect(read(env).watchdogMs).toBe(expected)
  })

  it('hold a terminal only where one is', () => {
    expect(read({}, true).hasTerminal).toBe(true)
    expect(read({}).hasTerminal).toBe(false)
  })
})
