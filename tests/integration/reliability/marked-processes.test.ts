import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { killIfThere, markedProcesses } from '../../../scripts/reliability/marked-processes.ts'
import { eventually } from '../../support/eventually.ts'

/** A shell that waits, with a child that waits. */
function family(mark: string): number {
  const child = spawn('/bin/sh', ['-c', 'sleep 1000 & wait'], { env: { PATH: '/usr/bin:/bin', MARK: mark }, stdio: 'ignore' })
  onTestFinished(() => {
    for (const pid of markedProcesses('MARK', mark)) killIfThere(pid)
  })
  return child.pid ?? -1
}

describe('markedProcesses', () => {
  it('finds a process and those that it has started, also when it is gone itself, and nobody else', async () => {
    const mark = randomUUID()
    const parent = family(`${mark}/1`)
    family(`${mark}/11`)
    await eventually('both are there', () => markedProcesses('MARK', `${mark}/1`).length === 2)
    expect(killIfThere(parent)).toBe(true)
    await eventually('the orphan is left', () => markedProcesses('MARK', `${mark}/1`).length === 1)
    const [orphan = -1] = markedProcesses('MARK', `${mark}/1`)
    expect(orphan).not.toBe(parent)
    expect(killIfThere(orphan)).toBe(true)
    await eventually('none is left', () => markedProcesses('MARK', `${mark}/1`).length === 0)
    await eventually('the parent is gone for good', () => !killIfThere(parent))
  })
})
