import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { errorOf } from '../../support/error-of.ts'
import { StateDirLock } from '../../../src/platform/state-dir-lock.ts'
import { tempDir } from '../../support/temp-dir.ts'

describe('StateDirLock', () => {
  it('keeps others out until it is released, and names its holder', () => {
    const stateDir = join(tempDir(), 'state')
    const lock = StateDirLock.acquire(stateDir)
    expect(statSync(stateDir).mode & 0o777).toBe(0o700)
    expect(errorOf(() => StateDirLock.acquire(stateDir))).toMatchObject({
      code: 'AITBC_ALREADY_RUNNING',
      facts: { pid: process.pid },
    })
    lock.release()
    lock.release()
    StateDirLock.acquire(stateDir).release()
  })

  it('ends with its process, even when that is killed', async () => {
    const stateDir = tempDir()
    const module = JSON.stringify(join(import.meta.dirname, '../../../src/platform/state-dir-lock.ts'))
    const script = `
      import { StateDirLock } from ${module}
      globalThis.lock = StateDirLock.acquire(${JSON.stringify(stateDir)})
      console.log('locked')
      setInterval(() => {}, 1000)`
    const child = execFile(process.execPath, ['--input-type=module', '-e', script])
    onTestFinished(() => void child.kill('SIGKILL'))
    if (child.stdout === null) throw new Error('the child has no stdout')
    await once(child.stdout, 'data')
    expect(errorOf(() => StateDirLock.acquire(stateDir))).toMatchObject({
      code: 'AITBC_ALREADY_RUNNING',
      facts: { pid: child.pid },
    })
    child.kill('SIGKILL')
    await once(child, 'exit')
    StateDirLock.acquire(stateDir).release()
  })

  it('says when the folder cannot be used', () => {
    const file = join(tempDir(), 'file')
    writeFileSync(file, '')
    expect(errorOf(() => StateDirLock.acquire(join(file, 'state')))).toMatchObject({ code: 'AITBC_STATE_DIR' })
  })

  it('says what to do about a lock file that is none', () => {
    const stateDir = tempDir()
    const path = join(stateDir, 'daemon.lock')
    writeFileSync(path, 'of another program '.repeat(100))
    expect(errorOf(() => StateDirLock.acquire(stateDir))).toMatchObject({
      code: 'AITBC_STATE_DIR',
      message: expect.stringMatching(/daemon\.lock was written to by another program .*: remove it/),
    })
    rmSync(path)
    StateDirLock.acquire(stateDir).release()
  })

  it('knows its file, and whether that was removed or replaced', () => {
    const stateDir = join(tempDir(), 'state')
    const lock = StateDirLock.acquire(stateDir)
    expect(lock.file.isUnchanged()).toBe(true)
    rmSync(stateDir, { recursive: true })
    expect(lock.file.isUnchanged()).toBe(false)
    mkdirSync(stateDir)
    const other = StateDirLock.acquire(stateDir)
    expect([lock.file.isUnchanged(), other.file.isUnchanged()]).toEqual([false, true])
    rmSync(stateDir, { recursive: true })
    writeFileSync(stateDir, '')
    expect(other.file.isUnchanged()).toBe(false)
    lock.release()
    other.release()
  })
})
