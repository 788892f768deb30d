import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

function demo(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/demo/main.ts', ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('the arguments of a script', () => {
  it('are explained by --help', () => {
    expect(demo('--help')).toEqual({ status: 0, stdout: expect.stringMatching(/^Usage: npm run demo /), stderr: '' })
  })

  it('are refused with what is wrong and how the script is used, without a stack trace', () => {
    expect(demo('--kep')).toEqual({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^Unknown option '--kep'.*\nUsage: npm run demo [^]*Ctrl-C\n$/),
    })
  })
})
