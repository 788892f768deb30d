import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { modelHash } from '../../../src/models/listing-hash.ts'
import { onnxModel } from '../../support/onnx-model-writer.ts'
import { FileServer, fakeGguf, sha256, someBytes } from './file-server.ts'
import { acquire, asks, failure, openStore } from './store-setup.ts'

const GGUF = fakeGguf(200_000)
const SD = new URL('../../../models/tiny-sd/', import.meta.url)

async function servedGguf(): Promise<FileServer> {
  const server = await FileServer.start()
  server.files.set('/m.gguf', GGUF)
  return server
}

function graphWithData(file: string): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', type: 'float32', shape: [2] }],
    outputs: [{ name: 'y', type: 'float32', shape: [2] }],
    nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
    constants: [{ name: 'w', type: 'float32', shape: [2], data: { file, bytes: 8 } }],
  })
}

describe('ModelStore and a model of one file', () => {
  it('fetches it once, keeps it over a restart, and knows it without its address', async () => {
    const server = await servedGguf()
    const { store, root } = await openStore()
    const held = await acquire(store, asks({ uri: server.url('/m.gguf'), sha256: sha256(GGUF) }))
    expect(held).toMatchObject({
      name: 'm.gguf',
      sha256: sha256(GGUF),
      format: 'gguf',
      bytes: GGUF.length,
      contextTokens: null,
      memoryMb: null,
    })
    expect(readFileSync(held.path).equals(GGUF)).toBe(true)
    expect(store.list()).toEqual([{ name: 'm.gguf', sha256: sha256(GGUF), workload: 'llm_gen' }])
    const again = await openStore({ root })
    expect(await acquire(again.store, asks({ sha256: sha256(GGUF) }))).toMatchObject({ path: held.path })
    expect(server.requests).toHaveLength(1)
  })

  it('gives nothing but the fields of a held model', async () => {
    const server = await servedGguf()
    const hash = sha256(GGUF)
    const file = { path: 'm.gguf', sha256: hash, bytes: GGUF.length, place: { kind: 'uri', uri: server.url('/m.gguf') } } as const
    const about = {
      name: 'm',
      workload: 'llm_gen',
      format: 'gguf',
      sha256: hash,
      bytes: GGUF.length,
      licence: 'MIT',
      isDefault: true,
    } as const
    const { store } = await openStore({
      catalogue: [{ ...about, files: [file], isListed: false, contextTokens: 512, memoryMb: 7 }],
    })
    const held = await acquire(store, { ...asks({}), model: null })
    expect(Object.keys(held).toSorted()).toEqual([
      'bytes',
      'contextTokens',
      'format',
      'memoryMb',
      'name',
      'path',
      'release',
      'sha256',
    ])
    expect(held).toMatchObject({ name: 'm', contextTokens: 512, memoryMb: 7 })
  })

  it('needs a sha256 with an address', async () => {
    const { store } = await openStore()
    await expect(acquire(store, asks({ uri: 'https://127.0.0.1/m.gguf' }))).rejects.toMatchObject(
      failure('E_INPUT', /without its sha256/),
    )
  })

  it('refuses what has another hash, and leaves nothing behind', async () => {
    const server = await servedGguf()
    const { store, folder } = await openStore()
    const request = asks({ uri: server.url('/m.gguf'), sha256: sha256('other') })
    await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /has the sha256 [0-9a-f]+, not /))
    expect(folder.list()).toEqual([])
    expect(folder.partials.bytes('')).toBe(0)
  })

  it.each([GGUF.length - 1, GGUF.length + 1])('refuses what has not the %i bytes that the job promised', async (bytes) => {
    const server = await servedGguf()
    const { store } = await openStore()
    const request = asks({ uri: server.url('/m.gguf'), sha256: sha256(GGUF), bytes })
    await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /bytes/))
    await acquire(store, asks({ uri: server.url('/m.gguf'), sha256: sha256(GGUF) }))
    await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /has 200000 bytes, not/))
    await expect(acquire(store, asks({ sha256: sha256(GGUF), bytes }))).rejects.toMatchObject(
      failure('E_INPUT', /has 200000 bytes, not/),
    )
  })

  it('refuses what is no GGUF file', async () => {
    const server = await FileServer.start()
    server.files.set('/m.gguf', someBytes(500))
    const { store } = await openStore()
    const request = asks({ uri: server.url('/m.gguf'), sha256: sha256(someBytes(500)) })
    await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /is no GGUF file/))
  })

  it.each(['https://127.0.0.1/%E0%A4%A', 'https://127.0.0.1/..%2f', 'https://127.0.0.1/', 'gopher://x/y', 'hf:a/b/../c', 'x'])(
    'refuses the address %s without trying it',
    async (uri) => {
      const { store } = await openStore()
      await expect(acquire(store, asks({ uri, sha256: sha256('x') }))).rejects.toMatchObject(
        failure('E_INPUT', /name of a file|no address/),
      )
    },
  )

  it('does not take one kind of model for another', async () => {
    const server = await servedGguf()
    const { store } = await openStore()
    await acquire(store, asks({ uri: server.url('/m.gguf'), sha256: sha256(GGUF) }))
    await expect(acquire(store, asks({ sha256: sha256(GGUF) }, 'onnx_infer'))).rejects.toMatchObject(
      failure('E_INPUT', /kind gguf/),
    )
  })
})

describe('ModelStore and several jobs', () => {
  it('shares one download among all that ask, and tells each of its progress', async () => {
    const server = await servedGguf()
    const { store } = await openStore()
    const seen = [0, 0, 0]
    const held = await Promise.all(
      seen.map((_, at) =>
        acquire(store, {
          ...asks({ uri: server.url('/m.gguf'), sha256: sha256(GGUF) }),
          onProgress: (received) => {
            seen[at] = received
          },
        }),
      ),
    )
    expect(new Set(held.map(({ path }) => path)).size).toBe(1)
    expect(server.requests).toHaveLength(1)
    expect(seen).toEqual([GGUF.length, GGUF.length, GGUF.length])
  })

  it('goes on for the others when one aborts', async () => {
    const server = await servedGguf()
    const { promise: finished, resolve: finish } = Promise.withResolvers<void>()
    server.next('/m.gguf', (_, response) => {
      response.writeHead(200, { 'content-length': GGUF.length })
      response.write(GGUF.subarray(0, 1000))
      void finished.then(() => response.end(GGUF.subarray(1000)))
    })
    const { store } = await openStore()
    const stop = new AbortController()
    const reason = new Error('cancelled')
    const request = asks({ uri: server.url('/m.gguf'), sha256: sha256(GGUF) })
    const leaving = acquire(store, { ...request, onProgress: () => stop.abort(reason) }, stop.signal)
    const staying = acquire(store, request)
    await expect(leaving).rejects.toBe(reason)
    finish()
    expect(await staying).toMatchObject({ bytes: GGUF.length })
    expect(server.requests).toHaveLength(1)
  })

  it('stops when all have aborted, and goes on with what came when it is asked for again', async () => {
    const server = await servedGguf()
    const { store, folder } = await openStore()
    const stop = new AbortController()
    server.breakAfter('/m.gguf', 1000)
    const request = asks({ uri: server.url('/m.gguf'), sha256: sha256(GGUF) })
    await expect(
      acquire(store, { ...request, onProgress: () => stop.abort(new Error('all gone')) }, stop.signal),
    ).rejects.toThrow('all gone')
    expect(folder.isHeld(sha256(GGUF))).toBe(false)
    expect(await acquire(store, request)).toMatchObject({ bytes: GGUF.length })
    expect(server.requests[1]?.headers.range).toBe('bytes=1000-')
  })

  it('holds a model until the last has given it back', async () => {
    const server = await servedGguf()
    const { store, folder } = await openStore()
    const request = asks({ uri: server.url('/m.gguf'), sha256: sha256(GGUF) })
    const [first, second] = [await acquire(store, request), await acquire(store, request)]
    first.release()
    first.release()
    expect(await folder.remove(sha256(GGUF))).toBe(false)
    second.release()
    const third = await acquire(store, request)
    expect(folder.isHeld(sha256(GGUF))).toBe(true)
    third.release()
    expect(await folder.remove(sha256(GGUF))).toBe(true)
  })
})

describe('ModelStore and a model of several files', () => {
  it('fetches all parts of a split GGUF', async () => {
    const server = await FileServer.start()
    const parts = [1, 2, 3].map((n) => ({ path: `m-0000${n}-of-00003.gguf`, bytes: fakeGguf(3000, n) }))
    for (const { path, bytes } of parts) server.files.set(`/x/${path}`, bytes)
    const hash = modelHash(parts.map(({ path, bytes }) => ({ path, sha256: sha256(bytes) })))
    const { store } = await openStore()
    const held = await acquire(store, asks({ uri: server.url('/x/m-00001-of-00003.gguf'), sha256: hash, bytes: 9000 }))
    expect(held).toMatchObject({ sha256: hash, bytes: 9000 })
    expect(held.path).toMatch(/m-00001-of-00003\.gguf$/)
    expect(readdirSync(join(held.path, '..')).toSorted()).toEqual(parts.map(({ path }) => path))
  })

  it('does not fetch again what had come whole when it was aborted in a later part', async () => {
    const server = await FileServer.start()
    const parts = [1, 2].map((n) => ({ path: `m-0000${n}-of-00002.gguf`, bytes: fakeGguf(3000, n) }))
    for (const { path, bytes } of parts) server.files.set(`/${path}`, bytes)
    const hash = modelHash(parts.map(({ path, bytes }) => ({ path, sha256: sha256(bytes) })))
    const { store } = await openStore()
    const stop = new AbortController()
    const request = asks({ uri: server.url('/m-00001-of-00002.gguf'), sha256: hash })
    server.breakAfter('/m-00002-of-00002.gguf', 500)
    const onProgress = (received: number): void => {
      if (received > 3000) stop.abort(new Error('stopped'))
    }
    await expect(acquire(store, { ...request, onProgress }, stop.signal)).rejects.toThrow('stopped')
    const held = await acquire(store, request)
    expect(held.bytes).toBe(6000)
    expect(server.requests.map(({ path, headers }) => `${path} ${headers.range ?? ''}`.trim())).toEqual([
      '/m-00001-of-00002.gguf',
      '/m-00002-of-00002.gguf',
      '/m-00002-of-00002.gguf bytes=500-',
    ])
    expect(readdirSync(join(held.path, '..')).toSorted()).toEqual(parts.map(({ path }) => path))
  })

  it('wants a split GGUF named by its first part', async () => {
    const server = await FileServer.start()
    server.files.set('/m-00002-of-00003.gguf', GGUF)
    const { store } = await openStore()
    const request = asks({ uri: server.url('/m-00002-of-00003.gguf'), sha256: sha256(GGUF) })
    await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /name the first/))
  })

  it('fetches the files in which an ONNX graph keeps its tensors', async () => {
    const server = await FileServer.start()
    const graph = graphWithData('weights.bin')
    server.files.set('/m.onnx', graph)
    server.files.set('/weights.bin', someBytes(8))
    const hash = modelHash([
      { path: 'm.onnx', sha256: sha256(graph) },
      { path: 'weights.bin', sha256: sha256(someBytes(8)) },
    ])
    const { store } = await openStore()
    const held = await acquire(store, asks({ uri: server.url('/m.onnx'), sha256: hash }, 'onnx_infer'))
    expect(readFileSync(join(held.path, '..', 'weights.bin'))).toHaveLength(8)
  })

  it.each(['/etc/passwd', '../secret', 'a/../../b', 'a\0b', './x', 'a//b', 'C:\\x', ''])(
    'refuses an ONNX graph with data in %j',
    async (file) => {
      const server = await FileServer.start()
      const graph = graphWithData(file)
      server.files.set('/m.onnx', graph)
      const { store } = await openStore()
      const request = asks({ uri: server.url('/m.onnx'), sha256: sha256(graph) }, 'onnx_infer')
      await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /ONNX/))
      expect(server.requests).toHaveLength(1)
    },
  )

  it('refuses an ONNX graph with data in more files than any has', async () => {
    const server = await FileServer.start()
    const tensors = Array.from({ length: 4097 }, (_, at) => ({ file: `w${at}`, bytes: 4 }))
    const graph = onnxModel({
      inputs: [{ name: 'x', type: 'float32', shape: [1] }],
      outputs: [{ name: 'y', type: 'float32', shape: [1] }],
      nodes: [{ op: 'Add', inputs: ['x', 'w0'], outputs: ['y'] }],
      constants: tensors.map((data) => ({ name: data.file, type: 'float32', shape: [1], data })),
    })
    server.files.set('/m.onnx', graph)
    const { store } = await openStore()
    const request = asks({ uri: server.url('/m.onnx'), sha256: sha256(graph) }, 'onnx_infer')
    await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /more than 4096 files/))
    expect(server.requests).toHaveLength(1)
  })

  it.each(['m.onnx/w', 'n'.repeat(300)])('refuses an ONNX graph with data in a file that cannot be: %s', async (file) => {
    const server = await FileServer.start()
    const graph = graphWithData(file)
    server.files.set('/m.onnx', graph)
    server.files.set(`/${file}`, someBytes(8))
    const { store } = await openStore()
    const request = asks({ uri: server.url('/m.onnx'), sha256: sha256(graph) }, 'onnx_infer')
    await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /no file of this name can be kept/))
  })

  it.each([someBytes(5000), new Uint8Array(3000).fill(0xff), Buffer.from('<html>not found</html>')])(
    'refuses what is no ONNX graph (%#)',
    async (bytes) => {
      const server = await FileServer.start()
      server.files.set('/m.onnx', bytes)
      const { store } = await openStore()
      const request = asks({ uri: server.url('/m.onnx'), sha256: sha256(bytes) }, 'onnx_infer')
      await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /no ONNX model/))
    },
  )
})

async function servedFolder(index?: Record<string, unknown>): Promise<{ server: FileServer; hash: string; paths: string[] }> {
  const server = await FileServer.start()
  const parts = ['scheduler', 'text_encoder', 'tokenizer', 'unet', 'vae_decoder']
  const paths = ['model_index.json', ...parts.flatMap((part) => readdirSync(new URL(part, SD)).map((file) => `${part}/${file}`))]
  for (const path of paths) server.files.set(`/sd/${path}`, readFileSync(new URL(path, SD)))
  if (index !== undefined) {
    const own: unknown = JSON.parse(readFileSync(new URL('model_index.json', SD), 'utf8'))
    server.files.set('/sd/model_index.json', Buffer.from(JSON.stringify({ ...Object(own), ...index })))
  }
  const hash = modelHash(paths.map((path) => ({ path, sha256: sha256(server.files.get(`/sd/${path}`) ?? '') })))
  return { server, hash, paths }
}

describe('ModelStore and a diffusion folder', () => {
  it('fetches the parts that its index names', async () => {
    const { server, hash, paths } = await servedFolder()
    const { store } = await openStore()
    const held = await acquire(store, asks({ uri: server.url('/sd/model_index.json'), sha256: hash }, 'sd_infer'))
    expect(held.format).toBe('diffusers')
    for (const path of paths) expect(existsSync(join(held.path, path))).toBe(true)
  })

  it('leaves parts alone that drawing does not need, whatever their names', async () => {
    const odd = {
      safety_checker: ['x', 'y'],
      '../x': ['a', 'b'],
      ['__proto__x']: ['a', 'b'],
      constructor: ['a', 'b'],
      feature_extractor: 7,
    }
    const { server, hash, paths } = await servedFolder(odd)
    const { store } = await openStore()
    await acquire(store, asks({ uri: server.url('/sd/model_index.json'), sha256: hash }, 'sd_infer'))
    expect(new Set(server.requests.map(({ path }) => path))).toEqual(new Set(paths.map((path) => `/sd/${path}`)))
  })

  it('goes without files that need not be there', async () => {
    const { server, paths } = await servedFolder()
    server.files.delete('/sd/tokenizer/special_tokens_map.json')
    const left = paths.filter((path) => path !== 'tokenizer/special_tokens_map.json')
    const hash = modelHash(left.map((path) => ({ path, sha256: sha256(server.files.get(`/sd/${path}`) ?? '') })))
    const { store } = await openStore()
    expect(await acquire(store, asks({ uri: server.url('/sd/model_index.json'), sha256: hash }, 'sd_infer'))).toMatchObject({
      sha256: hash,
    })
  })

  it('does not take a server that is not well for one that has not got a file', async () => {
    const { server, hash } = await servedFolder()
    const path = '/sd/tokenizer/special_tokens_map.json'
    for (let n = 0; n < 5; n += 1) server.next(path, (_, response) => response.writeHead(503).end())
    const { store } = await openStore()
    const request = asks({ uri: server.url('/sd/model_index.json'), sha256: hash }, 'sd_infer')
    await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /answers 503/))
    expect(await acquire(store, request)).toMatchObject({ sha256: hash })
    expect(server.count('/sd/model_index.json')).toBe(1)
  })

  it.each(['[]', '{}', 'no json', 'null'])('refuses %s as an index', async (text) => {
    const server = await FileServer.start()
    server.files.set('/model_index.json', Buffer.from(text))
    const { store } = await openStore()
    const request = asks({ uri: server.url('/model_index.json'), sha256: sha256(text) }, 'sd_infer')
    await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /model_index\.json/))
  })
})

describe('StoreFolder after a crash', () => {
  it('empties the trash when it is opened, and leaves out a model whose manifest cannot be read', async () => {
    const server = await servedGguf()
    const { store, root } = await openStore()
    await acquire(store, asks({ uri: server.url('/m.gguf'), sha256: sha256(GGUF) }))
    mkdirSync(join(root, 'trash', 'left', 'files'), { recursive: true })
    writeFileSync(join(root, 'trash', 'left', 'files', 'x'), 'x')
    writeFileSync(join(root, 'models', sha256(GGUF), 'manifest.json'), '{"name":')
    const again = await openStore({ root })
    expect(readdirSync(join(root, 'trash'))).toEqual([])
    expect(again.folder.list()).toEqual([])
    expect(await acquire(again.store, asks({ uri: server.url('/m.gguf'), sha256: sha256(GGUF) }))).toMatchObject({
      bytes: GGUF.length,
    })
  })
})
