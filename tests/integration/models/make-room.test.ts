import { spawn } from 'node:child_process'
import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FileServer, fakeGguf, sha256 } from './file-server.ts'
import { acquire, asks, failure, markOf, openStore } from './store-setup.ts'
import type { TestStore, TestStoreOptions } from './store-setup.ts'

const SIZE = 10_000
const MODELS = [1, 2, 3, 4].map((seed) => fakeGguf(SIZE, seed))
const hashes = MODELS.map((bytes) => sha256(bytes))

/** A store with the first three models, of which the first is the oldest. */
async function filled(
  options: TestStoreOptions,
): Promise<TestStore & { server: FileServer; get: (at: number) => ReturnType<typeof acquire> }> {
  const server = await FileServer.start()
  for (const [at, bytes] of MODELS.entries()) server.files.set(`/${at}.gguf`, bytes)
  const opened = await openStore(options)
  const get = (at: number): ReturnType<typeof acquire> =>
    acquire(opened.store, asks({ uri: server.url(`/${at}.gguf`), sha256: hashes[at] ?? '' }))
  for (const at of [0, 1, 2]) {
    const held = await get(at)
    held.release()
    utimesSync(join(opened.root, 'models', held.sha256), at + 1, at + 1)
  }
  return { ...opened, server, get }
}

function kept({ folder }: TestStore): number[] {
  return folder
    .list()
    .map(({ sha256: hash }) => hashes.indexOf(hash))
    .toSorted((a, b) => a - b)
}

describe('the quota of the store', () => {
  it('removes the model that was not used for longest', async () => {
    const opened = await filled({ quotaBytes: 3 * SIZE })
    await opened.get(3)
    expect(kept(opened)).toEqual([1, 2, 3])
    expect(opened.logger.messages('info')).toContain('model removed to make room')
  })

  it('counts a use, not when a model came', async () => {
    const opened = await filled({ quotaBytes: 3 * SIZE })
    const used = await opened.get(0)
    used.release()
    await opened.get(3)
    expect(kept(opened)).toEqual([0, 2, 3])
  })

  it('makes room for as much as the server tells, when the job tells nothing', async () => {
    const opened = await filled({ quotaBytes: 3 * SIZE + 5000 })
    await opened.get(3)
    expect(kept(opened)).toEqual([1, 2, 3])
  })

  it('never removes a model in use by this process', async () => {
    const opened = await filled({ quotaBytes: 3 * SIZE })
    const held = await opened.get(0)
    utimesSync(join(opened.root, 'models', held.sha256), 1, 1)
    await opened.get(3)
    expect(kept(opened)).toEqual([0, 2, 3])
  })

  it('never removes a model in use by another process, and no longer minds it when that has died', async () => {
    const opened = await filled({ quotaBytes: 3 * SIZE })
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    onTestFinished(() => {
      other.kill('SIGKILL')
    })
    writeFileSync(join(opened.root, 'in-use', `${hashes[0]}.${markOf(other.pid ?? 0)}`), '')
    const held = await opened.get(3)
    held.release()
    expect(kept(opened)).toEqual([0, 2, 3])
    const died = new Promise((resolve) => {
      other.once('exit', resolve)
    })
    other.kill('SIGKILL')
    await died
    await opened.get(1)
    expect(kept(opened)).toEqual([1, 2, 3])
  })

  it('does not take a process that got the id of a dead one for that', async () => {
    const opened = await filled({})
    const path = join(opened.root, 'in-use', `${hashes[0]}.${process.pid}-1`)
    writeFileSync(path, '')
    expect(opened.folder.isHeld(hashes[0] ?? '')).toBe(false)
    await openStore({ root: opened.root })
    expect(() => readFileSync(path)).toThrow('ENOENT')
  })

  it('fails the job when all the room is in use', async () => {
    const opened = await filled({ quotaBytes: 3 * SIZE })
    for (const at of [0, 1, 2]) await opened.get(at)
    await expect(opened.get(3)).rejects.toMatchObject(failure('E_INPUT', /no room for model/))
    expect(kept(opened)).toEqual([0, 1, 2])
  })

  it('removes nothing for a model that is larger than the quota', async () => {
    const opened = await filled({ quotaBytes: 3 * SIZE })
    const request = asks({ uri: opened.server.url('/3.gguf'), sha256: hashes[3] ?? '', bytes: 3 * SIZE + 1 })
    await expect(acquire(opened.store, request)).rejects.toMatchObject(failure('E_INPUT', /more than this miner keeps/))
    expect(kept(opened)).toEqual([0, 1, 2])
  })

  it('removes nothing for a model that would not fit without all of them either', async () => {
    const opened = await filled({ quotaBytes: 4 * SIZE })
    await opened.get(0)
    const request = asks({ uri: opened.server.url('/3.gguf'), sha256: hashes[3] ?? '', bytes: 3 * SIZE + 1 })
    await expect(acquire(opened.store, request)).rejects.toMatchObject(failure('E_INPUT', /no room for model/))
    expect(kept(opened)).toEqual([0, 1, 2])
  })

  it('removes no more for a server that lies about a size than for what it sends', async () => {
    const opened = await filled({ quotaBytes: 100 * 1024 * 1024 })
    opened.server.next('/lie.gguf', (_, response) => {
      response.writeHead(200, { 'content-length': 100 * 1024 * 1024 - SIZE })
      response.write('GGUF')
      setImmediate(() => response.destroy())
    })
    const request = asks({ uri: opened.server.url('/lie.gguf'), sha256: 'f'.repeat(64) })
    await expect(acquire(opened.store, request)).rejects.toMatchObject(failure('E_INPUT', /could not be fetched/))
    expect(kept(opened)).toEqual([0, 1, 2])
  })

  it('removes downloads that were given up before it removes a model', async () => {
    const opened = await filled({ quotaBytes: 5 * SIZE })
    writeFileSync(await opened.folder.partials.path('f'.repeat(64), 'x'), new Uint8Array(2 * SIZE))
    await opened.get(3)
    expect(kept(opened)).toEqual([0, 1, 2, 3])
    expect(opened.folder.partials.bytes('')).toBe(0)
  })

  it('keeps a reserve on the disk', async () => {
    const opened = await openStore({ freeBytes: 256 * 1024 * 1024 + SIZE - 1 })
    const server = await FileServer.start()
    server.files.set('/m.gguf', MODELS[0] ?? new Uint8Array())
    const request = asks({ uri: server.url('/m.gguf'), sha256: hashes[0] ?? '' })
    await expect(acquire(opened.store, request)).rejects.toMatchObject(failure('E_INPUT', /no room for model/))
  })
})
