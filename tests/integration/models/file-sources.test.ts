import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { InputRef } from '../../../src/domain/job.ts'
import { InputFetcher } from '../../../src/models/input-fetcher.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { FileServer, fakeGguf, sha256 } from './file-server.ts'
import { acquire, asks, failure, fetcher, openStore } from './store-setup.ts'

const GGUF = fakeGguf(5000)
const HASH = sha256(GGUF)

function folderWithModel(name = 'm.gguf'): string {
  const folder = join(tempDir(), 'allowed')
  mkdirSync(folder)
  writeFileSync(join(folder, name), GGUF)
  return folder
}

async function get(uri: string, folders: readonly string[]): ReturnType<typeof acquire> {
  const { store } = await openStore({ fetch: { folders } })
  return acquire(store, asks({ uri, sha256: HASH }))
}

describe('models by file: URI', () => {
  it('come from the folders of MODEL_PATHS', async () => {
    const folder = folderWithModel()
    expect(await get(`file://${folder}/m.gguf`, [folder])).toMatchObject({ bytes: GGUF.length })
  })

  it('may have names that a URI must escape', async () => {
    const folder = folderWithModel('a b @1.gguf')
    expect(await get(pathToFileURL(join(folder, 'a b @1.gguf')).href, [folder])).toMatchObject({ name: 'a%20b%20@1.gguf' })
  })

  it.each(['file:///etc/passwd', 'file:///etc/no-such-file', 'file:///proc/self/environ', 'file:///etc/%70asswd'])(
    'do not come from %s',
    async (uri) => {
      await expect(get(uri, [folderWithModel()])).rejects.toMatchObject(failure('E_DENY', /MODEL_PATHS/))
    },
  )

  it('do not come from anywhere when MODEL_PATHS is empty', async () => {
    const folder = folderWithModel()
    await expect(get(`file://${folder}/m.gguf`, [])).rejects.toMatchObject(failure('E_DENY', /MODEL_PATHS/))
  })

  it('do not come from beside a folder whose name only begins alike', async () => {
    const folder = folderWithModel()
    mkdirSync(`${folder}-not`)
    writeFileSync(join(`${folder}-not`, 'm.gguf'), GGUF)
    await expect(get(`file://${folder}-not/m.gguf`, [folder])).rejects.toMatchObject(failure('E_DENY', /MODEL_PATHS/))
    await expect(get(`file://${folder}/%2e%2e/allowed-not/m.gguf`, [folder])).rejects.toMatchObject(
      failure('E_DENY', /MODEL_PATHS/),
    )
  })

  it('do not come through a link that leads out', async () => {
    const folder = folderWithModel()
    const outside = folderWithModel()
    symlinkSync(join(outside, 'm.gguf'), join(folder, 'link.gguf'))
    symlinkSync(outside, join(folder, 'below'))
    for (const path of ['link.gguf', 'below/m.gguf']) {
      await expect(get(`file://${folder}/${path}`, [folder])).rejects.toMatchObject(failure('E_DENY', /MODEL_PATHS/))
    }
  })

  it('come through a link that stays inside', async () => {
    const folder = folderWithModel()
    symlinkSync('m.gguf', join(folder, 'link.gguf'))
    expect(await get(`file://${folder}/link.gguf`, [folder])).toMatchObject({ bytes: GGUF.length })
  })

  it('are neither folders nor pipes, which do not hang it', async () => {
    const folder = folderWithModel()
    mkdirSync(join(folder, 'folder.gguf'))
    execFileSync('mkfifo', [join(folder, 'pipe.gguf')])
    for (const name of ['folder.gguf', 'pipe.gguf']) {
      await expect(get(`file://${folder}/${name}`, [folder])).rejects.toMatchObject(failure('E_INPUT', /no plain file/))
    }
  })

  it.each(['file://elsewhere/m.gguf', 'file:///a%2fb', 'file:///a%00b'])('are not read from %s', async (uri) => {
    await expect(get(uri, ['/'])).rejects.toMatchObject(failure('E_INPUT', /no address|name of a file/))
  })

  it('say so when they are not there', async () => {
    const folder = folderWithModel()
    await expect(get(`file://${folder}/none.gguf`, [folder])).rejects.toMatchObject(failure('E_INPUT', /cannot be read/))
  })
})

function input(uri: string): InputRef {
  return { name: '../../name', uri, sha256: null, bytes: null, mediaType: 'text/plain' }
}

describe('inputs of jobs', () => {
  it('are fetched under numbers, not under the names of the job', async () => {
    const folder = folderWithModel()
    const into = tempDir()
    const uri = `file://${folder}/m.gguf`
    const fetched = await new InputFetcher(fetcher({ folders: [folder] })).fetchAll(
      [input(uri), input(uri)],
      into,
      20_000,
      new AbortController().signal,
    )
    expect(fetched.map(({ path }) => path)).toEqual([join(into, 'inputs', '0'), join(into, 'inputs', '1')])
    expect(fetched[0]).toMatchObject({ name: '../../name', sha256: HASH, bytes: GGUF.length, mediaType: 'text/plain' })
  })

  it('come without the token of the operator', async () => {
    const server = await FileServer.start()
    server.files.set('/o/r/resolve/main/m.gguf', GGUF)
    const hub = fetcher({ hub: server.origin, hubToken: { reveal: () => 'hf_secret' } })
    await new InputFetcher(hub).fetchAll([input('hf:o/r/m.gguf')], tempDir(), 20_000, new AbortController().signal)
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })

  it('may not be larger in all than is allowed', async () => {
    const folder = folderWithModel()
    const uri = `file://${folder}/m.gguf`
    const fetching = new InputFetcher(fetcher({ folders: [folder] })).fetchAll(
      [input(uri), input(uri)],
      tempDir(),
      9999,
      new AbortController().signal,
    )
    await expect(fetching).rejects.toMatchObject(failure('E_INPUT', /at most 4999 are taken/))
  })
})
