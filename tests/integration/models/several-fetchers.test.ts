import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FileServer, fakeGguf, sha256 } from './file-server.ts'
import { acquire, asks, failure, markOf, openStore } from './store-setup.ts'

const GGUF = fakeGguf(50_000)
const HASH = sha256(GGUF)

async function servedGguf(): Promise<FileServer> {
  const server = await FileServer.start()
  server.files.set('/m.gguf', GGUF)
  return server
}

/** A process that does nothing until it is killed. */
async function otherProcess(): Promise<{ pid: number; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  const exited = new Promise((resolve) => {
    child.once('exit', resolve)
  })
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(kill)
  return { pid: child.pid ?? 0, kill }
}

describe('several that fetch one model', () => {
  it('do not share the failure of one that names a bad source', async () => {
    const server = await servedGguf()
    const { store, folder } = await openStore()
    const bad = acquire(store, asks({ uri: server.url('/none.gguf'), sha256: HASH }))
    const denied = acquire(store, asks({ uri: 'https://example.org/m.gguf', sha256: HASH }))
    const good = acquire(store, asks({ uri: server.url('/m.gguf'), sha256: HASH }))
    await expect(bad).rejects.toMatchObject(failure('E_INPUT', /404/))
    await expect(denied).rejects.toMatchObject(failure('E_DENY', /example\.org/))
    expect(await good).toMatchObject({ bytes: GGUF.length })
    expect(folder.list()).toHaveLength(1)
  })

  it('fetch it once when they name two sources that both have it', async () => {
    const server = await servedGguf()
    server.files.set('/same.gguf', GGUF)
    const { store } = await openStore()
    const both = ['/m.gguf', '/same.gguf'].map((path) => acquire(store, asks({ uri: server.url(path), sha256: HASH })))
    for (const held of await Promise.all(both)) expect(held.bytes).toBe(GGUF.length)
    expect(server.requests).toHaveLength(1)
  })

  it('wait for another process that does, and go on when that has died', async () => {
    const server = await servedGguf()
    const { store, root } = await openStore()
    const other = await otherProcess()
    writeFileSync(join(root, 'fetching', `${HASH}.${markOf(other.pid)}`), '0')
    const stop = new AbortController()
    const request = asks({ uri: server.url('/m.gguf'), sha256: HASH })
    const impatient = acquire(store, { ...request, onProgress: () => stop.abort(new Error('no longer')) }, stop.signal)
    await expect(impatient).rejects.toThrow('no longer')
    const waiting = acquire(store, request)
    expect(server.requests).toEqual([])
    await other.kill()
    expect(await waiting).toMatchObject({ bytes: GGUF.length })
    expect(readdirSync(join(root, 'fetching')).filter((name) => name.includes(`.${process.pid}-`))).toEqual([])
  })

  it('find it when the other process has fetched it', async () => {
    const server = await servedGguf()
    const { store, root } = await openStore()
    const other = await otherProcess()
    writeFileSync(join(root, 'fetching', `${HASH}.${markOf(other.pid)}`), '0')
    const waiting = acquire(store, asks({ uri: server.url('/m.gguf'), sha256: HASH }))
    mkdirSync(join(root, 'models', HASH, 'files'), { recursive: true })
    writeFileSync(join(root, 'models', HASH, 'files', 'm.gguf'), GGUF)
    const files = [{ path: 'm.gguf', sha256: HASH, bytes: GGUF.length }]
    const about = { name: 'm', workload: 'llm_gen', format: 'gguf', uri: '', sha256: HASH, files }
    writeFileSync(join(root, 'models', HASH, 'manifest.json'), JSON.stringify(about))
    await other.kill()
    expect(await waiting).toMatchObject({ bytes: GGUF.length })
    expect(server.requests).toEqual([])
  })

  it('do not give away the room that another download still needs', async () => {
    const server = await FileServer.start()
    const models = [1, 2].map((seed) => fakeGguf(10_000, seed))
    for (const [at, bytes] of models.entries()) server.files.set(`/${at}.gguf`, bytes)
    const { store, folder } = await openStore({ quotaBytes: 15_000 })
    const both = models.map((bytes, at) => acquire(store, asks({ uri: server.url(`/${at}.gguf`), sha256: sha256(bytes) })))
    const ended = await Promise.allSettled(both)
    expect(ended.map(({ status }) => status).toSorted((a, b) => a.localeCompare(b))).toEqual(['fulfilled', 'rejected'])
    expect(folder.list()).toHaveLength(1)
  })

  it('mind what another process was promised', async () => {
    const server = await servedGguf()
    const { store, root } = await openStore({ quotaBytes: 60_000 })
    const other = await otherProcess()
    writeFileSync(join(root, 'fetching', `${'f'.repeat(64)}.${markOf(other.pid)}`), '10001')
    const request = asks({ uri: server.url('/m.gguf'), sha256: HASH })
    await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /no room for model/))
    await other.kill()
    expect(readFileSync((await acquire(store, request)).path)).toHaveLength(GGUF.length)
  })
})
