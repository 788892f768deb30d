import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { modelHash } from '../../../src/models/listing-hash.ts'
import { FileServer, fakeGguf, sha256 } from './file-server.ts'
import { acquire, asks, failure, openStore } from './store-setup.ts'

const GGUF = fakeGguf(50_000)
const HASH = sha256(GGUF)
const SD = new URL('../../../models/tiny-sd/', import.meta.url)

async function servedGguf(): Promise<FileServer> {
  const server = await FileServer.start()
  server.files.set('/m.gguf', GGUF)
  return server
}

/** What a process that was killed in the middle leaves. */
function leave(root: string, source: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  const partial = join(root, 'partial', HASH)
  mkdirSync(join(partial, 'files'), { recursive: true })
  writeFileSync(join(partial, 'source'), source)
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(partial, name), bytes)
}

const etag = `"${HASH.slice(0, 16)}"`

describe('what an earlier try left', () => {
  it('is gone on with after a kill', async () => {
    const server = await servedGguf()
    const { store, root } = await openStore()
    leave(root, server.url('/m.gguf'), { 'files/m.gguf': GGUF.subarray(0, 1000), 'files/m.gguf.validator': etag })
    const held = await acquire(store, asks({ uri: `${server.url('/m.gguf')}?signature=new`, sha256: HASH }))
    expect(readFileSync(held.path).equals(GGUF)).toBe(true)
    expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=1000-'])
    expect(readdirSync(join(root, 'models', HASH)).toSorted()).toEqual(['files', 'manifest.json'])
    expect(readFileSync(join(root, 'models', HASH, 'manifest.json'), 'utf8')).not.toContain('signature')
  })

  it('is fetched anew when it turns out to be damaged', async () => {
    const server = await servedGguf()
    const { store, root } = await openStore()
    leave(root, server.url('/m.gguf'), { 'files/m.gguf': new Uint8Array(1000), 'files/m.gguf.validator': etag })
    expect(await acquire(store, asks({ uri: server.url('/m.gguf'), sha256: HASH }))).toMatchObject({ bytes: GGUF.length })
    expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=1000-', undefined])
  })

  it('is not used when it came from another source', async () => {
    const server = await servedGguf()
    const { store, root } = await openStore()
    const other = Buffer.from('GGUF of somebody else')
    const finished = JSON.stringify({ 'm.gguf': { sha256: sha256(other), bytes: other.length } })
    leave(root, 'https://evil.example/m.gguf', { 'files/m.gguf': other, 'files/extra.json': '{}', 'finished.json': finished })
    const held = await acquire(store, asks({ uri: server.url('/m.gguf'), sha256: HASH }))
    expect(readdirSync(join(held.path, '..'))).toEqual(['m.gguf'])
    expect(server.requests).toHaveLength(1)
  })

  it('is not kept when it is no model at all: a server that was wrong once is asked again', async () => {
    const server = await servedGguf()
    server.next('/m.gguf', (_, response) => response.end('<html>please log in</html>'))
    const { store, root } = await openStore()
    const request = asks({ uri: server.url('/m.gguf'), sha256: HASH })
    await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /is no GGUF file/))
    expect(readdirSync(join(root, 'partial'))).toEqual([])
    expect(await acquire(store, request)).toMatchObject({ bytes: GGUF.length })
  })

  it('is nothing when nothing came', async () => {
    const server = await FileServer.start()
    const { store, root } = await openStore()
    await expect(acquire(store, asks({ uri: server.url('/m.gguf'), sha256: HASH }))).rejects.toMatchObject(
      failure('E_INPUT', /404/),
    )
    expect(readdirSync(join(root, 'partial'))).toEqual([])
  })

  it('does not become part of a diffusion model that has no such file', async () => {
    const server = await FileServer.start()
    const parts = ['scheduler', 'text_encoder', 'tokenizer', 'unet', 'vae_decoder']
    const optional = 'tokenizer/special_tokens_map.json'
    const all = ['model_index.json', ...parts.flatMap((part) => readdirSync(new URL(part, SD)).map((file) => `${part}/${file}`))]
    const paths = all.filter((path) => path !== optional)
    for (const path of paths) server.files.set(`/${path}`, readFileSync(new URL(path, SD)))
    const hash = modelHash(paths.map((path) => ({ path, sha256: sha256(readFileSync(new URL(path, SD))) })))
    const { store, root } = await openStore()
    const uri = server.url('/model_index.json')
    const partial = join(root, 'partial', hash)
    mkdirSync(join(partial, 'files', 'tokenizer'), { recursive: true })
    writeFileSync(join(partial, 'source'), uri)
    writeFileSync(join(partial, 'files', optional), '{"half')
    const held = await acquire(store, asks({ uri, sha256: hash }, 'sd_infer'))
    expect(existsSync(join(held.path, optional))).toBe(false)
  })
})
