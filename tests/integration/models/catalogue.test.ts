import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readCatalogue, readCatalogues } from '../../../src/models/catalogue.ts'
import { modelHash } from '../../../src/models/listing-hash.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { FileServer, fakeGguf, sha256 } from './file-server.ts'
import { acquire, asks, failure, openStore } from './store-setup.ts'

const BUNDLED = fileURLToPath(new URL('../../../models/catalogue.json', import.meta.url))
const SD = fileURLToPath(new URL('../../../models/tiny-sd', import.meta.url))
const GGUF = fakeGguf(4000)
const ENTRY = { name: 'mine', workload: 'llm_gen', file: 'mine.gguf', sha256: sha256(GGUF), bytes: GGUF.length, licence: 'MIT' }

function catalogueWith(...models: readonly unknown[]): string {
  const path = join(tempDir(), 'models.json')
  writeFileSync(path, JSON.stringify({ models }))
  return path
}

describe('catalogues', () => {
  it('tell of a default model for each workload that needs one, each of which can be used', async () => {
    const catalogue = await readCatalogues(BUNDLED, null)
    const { store } = await openStore({ catalogue })
    for (const workload of ['llm_gen', 'sd_infer']) {
      const held = await acquire(store, { ...asks({}, workload), model: null })
      expect(catalogue.find(({ sha256: hash }) => hash === held.sha256)?.isDefault).toBe(true)
    }
    const named = await acquire(store, { ...asks({}, 'onnx_infer'), model: null, wanted: 'tiny-sd-decoder' })
    expect(named.format).toBe('onnx')
  })

  it('let the operator put another model in the place of a bundled one', async () => {
    const path = catalogueWith({ ...ENTRY, name: 'tiny-llm', default: true })
    const catalogue = await readCatalogues(BUNDLED, path)
    expect(catalogue.filter(({ name }) => name === 'tiny-llm').map(({ sha256: hash }) => hash)).toEqual([ENTRY.sha256])
    expect(catalogue[0]?.files[0]?.place).toEqual({ kind: 'local', path: join(path, '..', 'mine.gguf') })
  })

  it('need no file of the operator', async () => {
    expect(await readCatalogues(BUNDLED, join(tempDir(), 'none.json'))).toEqual(await readCatalogue(BUNDLED))
  })

  it.each([
    ['{"models": [', /models\.json is no JSON/],
    ['{}', /models\.json has errors: models: /],
    [JSON.stringify({ models: [ENTRY, { ...ENTRY, sha256: 'ABC' }] }), /models\.1\.sha256: must be a sha256/],
    [JSON.stringify({ models: [{ ...ENTRY, uri: 'https://x/y' }] }), /models\.0: needs one of file, uri and files/],
    [JSON.stringify({ models: [{ ...ENTRY, colour: 'red' }] }), /models\.0: .*colour/],
    [
      JSON.stringify({
        models: [{ ...ENTRY, file: undefined, files: [{ path: '../x', sha256: ENTRY.sha256, bytes: 1, file: 'x' }] }],
      }),
      /files\.0\.path: must be a relative path/,
    ],
  ])('name the file and the place of an error (%#)', async (text, message) => {
    const path = join(tempDir(), 'models.json')
    writeFileSync(path, text)
    await expect(readCatalogues(BUNDLED, path)).rejects.toMatchObject({
      code: 'AITBC_CONFIG',
      message: expect.stringMatching(message) as unknown,
    })
  })

  it('tell of a model whose file is damaged or missing, and use it when that is mended', async () => {
    const path = catalogueWith(ENTRY)
    const file = join(path, '..', 'mine.gguf')
    const { store } = await openStore({ catalogue: await readCatalogue(path) })
    const request = asks({ name: 'mine' })
    await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /cannot be used on this miner: .*ENOENT/))
    writeFileSync(file, 'damaged')
    await expect(acquire(store, request)).rejects.toMatchObject(failure('E_INPUT', /is damaged: it has the sha256/))
    writeFileSync(file, GGUF)
    expect(await acquire(store, request)).toMatchObject({ path: file, bytes: GGUF.length })
  })

  it('name models of several files on this machine, to be used where they lie', async () => {
    const folder = tempDir()
    mkdirSync(join(folder, 'unet'))
    const contents = { 'model_index.json': '{}', 'unet/model.onnx': 'x' }
    for (const [path, text] of Object.entries(contents)) writeFileSync(join(folder, path), text)
    const files = Object.entries(contents).map(([path, text]) => ({ path, file: path, sha256: sha256(text), bytes: text.length }))
    const entry = { name: 'sd', workload: 'sd_infer', licence: 'MIT', bytes: 3, files }
    writeFileSync(join(folder, 'models.json'), JSON.stringify({ models: [{ ...entry, sha256: modelHash(files) }] }))
    const { store } = await openStore({ catalogue: await readCatalogue(join(folder, 'models.json')) })
    expect(await acquire(store, asks({ name: 'sd' }, 'sd_infer'))).toMatchObject({ path: folder, format: 'diffusers' })
    writeFileSync(join(folder, 'models.json'), JSON.stringify({ models: [{ ...entry, sha256: sha256('x') }] }))
    const wrong = await openStore({ catalogue: await readCatalogue(join(folder, 'models.json')) })
    await expect(acquire(wrong.store, asks({ name: 'sd' }, 'sd_infer'))).rejects.toMatchObject(failure('E_INPUT', /it should be/))
  })

  it('name models at an address, whose further files are found by looking at the first', async () => {
    const server = await FileServer.start()
    const parts = [1, 2].map((n) => ({ path: `m-0000${n}-of-00002.gguf`, bytes: fakeGguf(100, n) }))
    for (const { path, bytes } of parts) server.files.set(`/${path}`, bytes)
    const hash = modelHash(parts.map(({ path, bytes }) => ({ path, sha256: sha256(bytes) })))
    const path = catalogueWith({ ...ENTRY, file: undefined, uri: server.url('/m-00001-of-00002.gguf'), sha256: hash, bytes: 200 })
    const { store } = await openStore({ catalogue: await readCatalogue(path) })
    expect(await acquire(store, asks({ name: 'mine' }))).toMatchObject({ name: 'mine', bytes: 200, sha256: hash })
  })
})

describe('modelHash', () => {
  it('is what coreutils print for a folder', async () => {
    const recipe = "find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum | sha256sum"
    const catalogue = await readCatalogue(BUNDLED)
    const model = catalogue.find(({ name }) => name === 'tiny-sd')
    const text = execFileSync('sh', ['-c', recipe.replace('-type f', "-type f ! -name 'README.md'")], {
      cwd: SD,
      encoding: 'utf8',
    })
    expect(text.split(' ')[0]).toBe(model?.sha256)
    const folder = tempDir()
    for (const name of ['B', 'a', 'a.b', 'a-b', 'Z1']) writeFileSync(join(folder, name), name)
    const files = ['a', 'B', 'Z1', 'a-b', 'a.b'].map((path) => ({ path, sha256: sha256(path) }))
    expect(execFileSync('sh', ['-c', recipe], { cwd: folder, encoding: 'utf8' }).split(' ')[0]).toBe(modelHash(files))
  })
})
