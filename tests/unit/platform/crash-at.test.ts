import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { crashAt } from '../../../src/platform/crash-at.ts'

const program = join(import.meta.dirname, '../../fixtures/platform/passes-points.ts')

function passing(point: string | null): Promise<{ signal: NodeJS.Signals | null; said: string }> {
  const env = point === null ? {} : { TEST_CRASH_POINT: point }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program], { env }, (_error, said) => resolve({ signal: child.signalCode, said }))
  })
}

describe('crashAt', () => {
  it.each([
    [null, 'ababa', null],
    ['a', 'a', 'SIGKILL'],
    ['b', 'ab', 'SIGKILL'],
    ['a@3', 'ababa', 'SIGKILL'],
    ['b@3', 'ababa', null],
  ])('with %s a program comes as far as %s', async (point, said, signal) => {
    expect(await passing(point)).toEqual({ said, signal })
  })

  it.each(['c', 'a@0', 'a@x', '', '@1'])('refuses %j, which would never be reached', (text) => {
    expect(() => crashAt(['a', 'b'], text)).toThrow('TEST_CRASH_POINT must be a crash point')
  })
})
