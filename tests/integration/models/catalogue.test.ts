import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readCatalogue, readCatalogues } from '../../../src/models/catalogue.ts'
import { modelHash } from '../../../src/models/listing-hash.ts'
import { onnxModel } from '../../support/onnx-model-writer.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { FileServer, fakeGguf, sha256 } from './file-server.ts'
import { acquire, asks, failure, openStore } from './store-setup.ts'

const BUNDLED = fileURLToPath(new URL('../../../models/catalogue.json', import.meta.url))
const SD = fileURLToPath(new URL('../../../models/tiny-sd', import.meta.url))
const GGUF = fakeGguf(4000)
const HASH = sha256(GGUF)
const ENTRY = { name: 'mine', workload: 'llm_gen', file: 'mine.gguf', sha256: sha256(GGUF), bytes: GGUF.length, licence: 'MIT' }

interface ListedFile {
  readonly path: string
  readonly file: string
  readonly sha256: string
  readonly bytes: number
}

/** Those of the bundled diffusion model, as an operator lists them. */
async function sdFiles(): Promise<readonly ListedFile[]> {
  const model = (await readCatalogue(BUNDLED)).find(({ name }) => name === 'tiny-sd')
  return (model?.files ?? []).map(({ path, sha256: hash, bytes }) => ({ path, file: join(SD, path), sha256: hash, bytes }))
}

function sdEntry(files: readonly ListedFile[]): Omit<typeof ENTRY, 'file'> & { files: readonly ListedFile[] } {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return { name: 'sd', workload: 'sd_infer', licence: 'MIT', bytes, sha256: modelHash(files), files }
}

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
    const { store } = await openStore({ catalogue: await readCatalogue(catalogueWith(sdEntry(await sdFiles()))) })
    expect(await acquire(store, asks({ name: 'sd' }, 'sd_infer'))).toMatchObject({ path: SD, format: 'diffusers' })
  })

  it('are refused where a list of files does not fit to its entry', async () => {
    const files = await sdFiles()
    const entry = sdEntry(files)
    const [first] = files
    const wrong = [
      [{ ...entry, sha256: sha256('x') }, `models.0: sha256 should be ${entry.sha256}`],
      [{ ...entry, bytes: 7 }, `models.0: bytes should be ${entry.bytes}`],
      [{ ...entry, files: [...files, first] }, 'models.0: has model_index.json twice'],
    ] as const
    for (const [model, message] of wrong) await expect(readCatalogue(catalogueWith(model))).rejects.toThrow(message)
  })

  it('are refused where entries have one name, or are the default of one workload', async () => {
    const twice = catalogueWith(ENTRY, { ...ENTRY, licence: 'other' })
    await expect(readCatalogue(twice)).rejects.toThrow('models: two entries have the name mine')
    const defaults = catalogueWith({ ...ENTRY, default: true }, { ...ENTRY, name: 'other', default: true })
    await expect(readCatalogue(defaults)).rejects.toThrow('models: two entries are the default of llm_gen')
  })

  it.each([
    [[{}], 'tiny-llm'],
    [[{ default: false }], null],
    [[{}, { name: 'other', default: true }], 'other'],
    [[{ workload: 'onnx_infer' }], null],
  ])('keep a default for llm_gen where one has the name of the bundled one (%#)', async (changes, expected) => {
    const models = changes.map((change) => ({ ...ENTRY, name: 'tiny-llm', ...change }))
    const catalogue = await readCatalogues(BUNDLED, catalogueWith(...models))
    const defaults = catalogue.filter(({ workload, isDefault }) => workload === 'llm_gen' && isDefault)
    expect(defaults.map(({ name }) => name)).toEqual(expected === null ? [] : [expected])
  })

  it('do not have files loaded that they leave out', async () => {
    const folder = tempDir()
    const graph = onnxModel({
      inputs: [{ name: 'x', type: 'float32', shape: [2] }],
      outputs: [{ name: 'y', type: 'float32', shape: [2] }],
      nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      constants: [{ name: 'w', type: 'float32', shape: [2], data: { file: 'w.onnx_data', bytes: 8 } }],
    })
    const part = { path: 'm-00001-of-00002.gguf', file: 'm-00001-of-00002.gguf', sha256: HASH, bytes: GGUF.length }
    writeFileSync(join(folder, 'm.onnx'), graph)
    writeFileSync(join(folder, part.file), GGUF)
    const sd = (await sdFiles()).filter(({ path }) => path !== 'tokenizer/special_tokens_map.json')
    const models = [
      { ...ENTRY, name: 'onnx', workload: 'onnx_infer', file: 'm.onnx', sha256: sha256(graph), bytes: graph.length },
      { ...ENTRY, name: 'split', file: part.file },
      { ...ENTRY, name: 'listed', file: undefined, files: [part] },
      sdEntry(sd),
    ]
    writeFileSync(join(folder, 'models.json'), JSON.stringify({ models }))
    const { store } = await openStore({ catalogue: await readCatalogue(join(folder, 'models.json')) })
    const leftOut = [
      ['onnx', 'onnx_infer', /leaves out .*\/w\.onnx_data, .*under "files"/],
      ['split', 'llm_gen', /leaves out .*m-00002-of-00002\.gguf/],
      ['listed', 'llm_gen', /leaves out .*m-00002-of-00002\.gguf/],
      ['sd', 'sd_infer', /leaves out .*special_tokens_map\.json/],
    ] as const
    for (const [name, workload, message] of leftOut) {
      await expect(acquire(store, asks({ name }, workload))).rejects.toMatchObject(failure('E_INPUT', message))
    }
  })

  it('are held against the size that a job gives', async () => {
    const path = catalogueWith(ENTRY)
    writeFileSync(join(path, '..', 'mine.gguf'), GGUF)
    const { store } = await openStore({ catalogue: await readCatalogue(path) })
    await expect(acquire(store, asks({ name: 'mine', bytes: 1 }))).rejects.toMatchObject(
      failure('E_INPUT', /has 4000 bytes, not 1/),
    )
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
