import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readdirSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { EngineChild } from '../../../src/engine/engine-child.ts'
import { checkDescriptors } from '../../../src/platform/check-descriptors.ts'
import { SystemClock } from '../../../src/platform/system-clock.ts'

function prlimit(...args: readonly string[]): string {
  return execFileSync('prlimit', [`--pid=${process.pid}`, ...args], { encoding: 'utf8' })
}

/** What `prlimit` itself takes to start, with a loop and pipes of its own: it is called again to lift the limit. */
const ROOM = 64

/** Leaves this process without file descriptors until the test has finished. */
function takeAllDescriptors(): void {
  const before = prlimit('--nofile', '--noheadings', '--output=SOFT').trim()
  const highest = Math.max(...readdirSync('/proc/self/fd').map(Number))
  prlimit(`--nofile=${highest + ROOM}:`)
  const taken: number[] = []
  onTestFinished(() => {
    for (const descriptor of taken) closeSync(descriptor)
    prlimit(`--nofile=${before}:`)
  })
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch {
    // There are no more.
  }
}

describe('a process without file descriptors', () => {
  it('ends an engine that it cannot start, with the reason, and lives on', async () => {
    takeAllDescriptors()
    const child = new EngineChild({ execPath: process.execPath, args: ['--version'], environment: {} }, new SystemClock())
    await expect(child.ready).rejects.toThrow(/could not be started: spawn .* EMFILE/)
    expect(await child.ended).toMatchObject({ isOurs: false })
    expect(child.isUsable).toBe(false)
  })

  it('finds that out when it looks', () => {
    expect(() => checkDescriptors()).not.toThrow()
    takeAllDescriptors()
    expect(() => checkDescriptors()).toThrow(expect.objectContaining({ code: 'AITBC_DESCRIPTORS' }))
  })
})
