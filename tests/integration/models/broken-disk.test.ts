import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SmallDisk, whyNoSmallDisk } from '../../support/small-disk.ts'
import { FileServer, fakeGguf, sha256 } from './file-server.ts'
import { acquire, asks, failure, openStore } from './store-setup.ts'

const GGUF = fakeGguf(400_000)
const SMALL = fakeGguf(20_000)

async function served(): Promise<FileServer> {
  const server = await FileServer.start()
  server.files.set('/m.gguf', GGUF)
  server.files.set('/small.gguf', SMALL)
  return server
}

describe.skipIf(whyNoSmallDisk !== null)(`a model store on its own disk (${whyNoSmallDisk ?? 'in memory'})`, () => {
  it('fails the job when the disk runs full under the download, and fetches the model when there is room', async () => {
    const server = await served()
    const disk = new SmallDisk(256)
    const { store } = await openStore({ root: join(disk.path, 'models') })
    const request = asks({ uri: server.url('/m.gguf'), sha256: sha256(GGUF) })
    await expect(acquire(store, request)).rejects.toMatchObject(
      failure('E_INPUT', /disk of this miner cannot take the file.*ENOSPC/),
    )
    disk.resize(2048)
    expect(await acquire(store, request)).toMatchObject({ bytes: GGUF.length })
  })

  it('gives what it has when the disk has become read-only, and fails other jobs for what it cannot keep', async () => {
    const server = await served()
    const disk = new SmallDisk(4096)
    const root = join(disk.path, 'models')
    const first = await openStore({ root })
    const request = asks({ uri: server.url('/m.gguf'), sha256: sha256(GGUF) })
    const before = await acquire(first.store, request)
    disk.setReadOnly()
    before.release()
    const held = await acquire(first.store, request)
    expect(existsSync(held.path)).toBe(true)
    held.release()
    const again = await openStore({ root })
    expect(again.store.list()).toHaveLength(1)
    expect(await acquire(again.store, request)).toMatchObject({ path: held.path })
    const other = asks({ uri: server.url('/small.gguf'), sha256: sha256(SMALL) })
    await expect(acquire(again.store, other)).rejects.toMatchObject(failure('E_INPUT', /EROFS|read-only/))
  })

  it.each([
    ['the note of a process that is gone', (root: string) => writeFileSync(join(root, 'in-use', `${'a'.repeat(64)}.1-1`), '')],
    ['what was to be removed', (root: string) => mkdirSync(join(root, 'trash', 'x'))],
    [
      'models alone',
      (root: string) =>
        ['partial', 'trash', 'in-use', 'fetching'].forEach((name) => rmSync(join(root, name), { recursive: true })),
    ],
  ])('is opened, to be read, when the disk has become read-only with %s in it', async (_what, prepare) => {
    const server = await served()
    const disk = new SmallDisk(4096)
    const root = join(disk.path, 'models')
    const { store } = await openStore({ root })
    const request = asks({ uri: server.url('/m.gguf'), sha256: sha256(GGUF) })
    ;(await acquire(store, request)).release()
    prepare(root)
    disk.setReadOnly()
    const again = await openStore({ root })
    expect(await acquire(again.store, request)).toMatchObject({ bytes: GGUF.length })
  })
})
