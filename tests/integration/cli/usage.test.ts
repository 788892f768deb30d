import { describe, expect, it } from 'vitest'

import manifest from '../../../package.json' with { type: 'json' }
import { EXIT_CODES } from '../../../src/cli/exit-codes.ts'
import { runCommand } from './run-command.ts'

describe('aitbc-miner', () => {
  it('teaches its commands, examples, files and all exit codes', async () => {
    const { exitCode, stdout, stderr } = await runCommand(['--help'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    for (const word of ['run', 'status', 'config', 'version', 'Examples:', '/etc/aitbc/miner.conf'])
      expect(stdout).toContain(word)
    for (const { code, meaning } of Object.values(EXIT_CODES)) expect(stdout).toMatch(new RegExp(`^ +${code}  ${meaning}$`, 'm'))
  })

  it.each([[['run']], [['status']], [['config', 'check']]])('gives an example of %j in its help', async (command) => {
    const { exitCode, stdout } = await runCommand([...command, '--help'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(new RegExp(`Examples?:\n +(?:sudo )?aitbc-miner ${command.join(' ')}`))
  })

  it.each([[['version']], [['--version']]])('prints its version alone for %j', async (args) => {
    expect(await runCommand(args)).toEqual({ exitCode: 0, stdout: `${manifest.version}\n`, stderr: '' })
  })

  it.each([
    [['stats'], '', "unknown command 'stats'\n  (Did you mean status?)"],
    [['config', 'chek'], ' config', "unknown command 'chek'\n  (Did you mean check?)"],
    [['status', '--jsn'], ' status', "unknown option '--jsn'\n  (Did you mean --json?)"],
    [['run', '--config'], ' run', "option '-c, --config <file>' argument missing"],
    [['models', 'pull'], ' models pull', "missing required argument 'name-or-address'"],
  ])('answers %j with what was probably meant and which help tells more, and 2', async (args, words, message) => {
    expect(await runCommand(args)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `aitbc-miner: ${message}\n  see: aitbc-miner${words} --help\n`,
    })
  })

  it.each([[[]], [['config']]])('shows its help on stderr for %j, and ends with 2', async (args) => {
    const { exitCode, stdout, stderr } = await runCommand(args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(/^Usage: aitbc-miner/)
  })
})
