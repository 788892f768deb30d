import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BoundedCommand } from '../../../src/hardware/bounded-command.ts'
import { eventually } from '../../support/eventually.ts'
import { isRunning } from '../../support/is-running.ts'
import { FakeTools } from './fake-tools.ts'

const NEVER = new AbortController().signal

function command(tools: FakeTools, limits: { timeoutMs?: number; maxBytes?: number } = {}): BoundedCommand {
  return new BoundedCommand({
    program: 'nvidia-smi',
    environment: tools.environment,
    timeoutMs: 30_000,
    maxBytes: 1_000_000,
    ...limits,
  })
}

describe('BoundedCommand', () => {
  it('gives output and exit code of a program on PATH', async () => {
    const tools = new FakeTools().playNvidia('no-permission')
    const result = await command(tools).run(['-q', '-x'], NEVER)
    expect(result).toEqual({
      kind: 'ended',
      exitCode: 4,
      stdout: '',
      stderr: 'Failed to initialize NVML: Insufficient Permissions\n',
    })
  })

  it('tells a program that is not there from one that may not be executed', async () => {
    const tools = new FakeTools()
    expect(await command(tools).run([], NEVER)).toEqual({ kind: 'missing' })
    writeFileSync(join(tools.folder, 'nvidia-smi'), '#!/bin/sh\n')
    chmodSync(join(tools.folder, 'nvidia-smi'), 0o644)
    expect(await command(tools).run([], NEVER)).toEqual({ kind: 'denied' })
  })

  it('takes a program for missing that is nowhere to be found, though the search for it was refused in one place', async () => {
    const tools = new FakeTools()
    const closed = join(tools.folder, 'closed')
    // It can be listed, and so removed again, but nothing in it can be reached.
    mkdirSync(closed, { mode: 0o600 })
    // Root may look into every folder; executing a folder is refused to root as well.
    mkdirSync(join(tools.folder, 'nvidia-smi'))
    const environment = { PATH: `${closed}:${tools.folder}` }
    const program = new BoundedCommand({ program: 'nvidia-smi', environment, timeoutMs: 30_000, maxBytes: 1_000_000 })
    expect(await program.run([], NEVER)).toEqual({ kind: 'missing' })
  })

  it('gives up a program that hangs', async () => {
    const tools = new FakeTools().playNvidia('hangs')
    expect(await command(tools, { timeoutMs: 300 }).run(['-q', '-x'], NEVER)).toEqual({ kind: 'timeout' })
  })

  it('kills a program that floods', async () => {
    const tools = new FakeTools().playNvidia('floods')
    expect(await command(tools).run(['-q', '-x'], NEVER)).toEqual({ kind: 'flooded' })
  })

  it('kills the program with all that it started when it is aborted', async () => {
    const tools = new FakeTools().playNvidia('hangs')
    const abort = new AbortController()
    const result = command(tools).run(['-q', '-x'], abort.signal)
    await eventually('it has started another process', () => tools.sleeperPid !== null)
    const pid = tools.sleeperPid ?? 0
    expect(isRunning(pid)).toBe(true)
    abort.abort()
    expect(await result).toEqual({ kind: 'aborted' })
    await eventually('the other process is gone', () => !isRunning(pid))
  })

  it('starts nothing once it is aborted', async () => {
    const tools = new FakeTools().playNvidia('two-cards')
    expect(await command(tools).run(['-L'], AbortSignal.abort())).toEqual({ kind: 'aborted' })
    expect(tools.nvidiaCalls).toEqual([])
  })

  it('can be run again after one run was killed', async () => {
    const tools = new FakeTools().playNvidia('hangs')
    const program = command(tools, { timeoutMs: 1_000 })
    await program.run(['-q', '-x'], NEVER)
    tools.playNvidia('two-cards')
    await eventually('the killed one is gone', async () => (await program.run(['-L'], NEVER)).kind === 'ended')
  })
})
