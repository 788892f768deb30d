import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Job, ModelRef } from '../../../src/domain/job.ts'
import { readCatalogue } from '../../../src/models/catalogue.ts'
import type { CatalogueModel } from '../../../src/models/catalogue.ts'
import { ModelResolver } from '../../../src/models/model-resolver.ts'
import { coreJob } from '../../support/sample-jobs.ts'
import { tempDir } from '../../support/temp-dir.ts'

function jobWith(model: Partial<ModelRef> | null, workload = 'llm_gen'): Job {
  return coreJob('job_1', {
    workload,
    model: model === null ? null : { name: null, uri: null, sha256: null, bytes: null, ...model },
  })
}

function modelFile(name: string, isDefault: boolean): CatalogueModel {
  const path = join(tempDir(), name)
  writeFileSync(path, name)
  const sha256 = createHash('sha256').update(name).digest('hex')
  return { name, file: name, path, sha256, bytes: name.length, workload: 'llm_gen', licence: 'MIT', contextTokens: 8, default: isDefault }
}

const other = '0'.repeat(64)

describe('ModelResolver', () => {
  it('takes the model of the job before the one in the params, and the default without either', async () => {
    const [first, second] = [modelFile('first', true), modelFile('second', false)]
    const resolver = new ModelResolver([first, second])
    expect(await resolver.resolve(jobWith(null), null)).toBe(first)
    expect(await resolver.resolve(jobWith(null), 'second')).toBe(second)
    expect(await resolver.resolve(jobWith({ name: 'first' }), 'second')).toBe(first)
    expect(await resolver.resolve(jobWith({ sha256: second.sha256 }), null)).toBe(second)
    expect(await resolver.resolve(jobWith({ uri: 'https://example.net/m', sha256: second.sha256 }), null)).toBe(second)
  })

  it.each([
    [{ name: 'third' }, null, 'this miner has first'],
    [null, 'third', 'this miner has first'],
    [{ name: 'first', sha256: other }, null, `not ${other}`],
    [{ sha256: other }, null, 'not here'],
    [{ uri: 'https://example.net/m' }, null, 'does not fetch models'],
    [{ uri: 'https://example.net/m', sha256: other }, 'first', 'does not fetch models'],
  ])('refuses %j with %j in the params as E_INPUT', async (model, wanted, words) => {
    const resolver = new ModelResolver([modelFile('first', true)])
    await expect(resolver.resolve(jobWith(model), wanted)).rejects.toMatchObject({
      failure: { code: 'E_INPUT', message: expect.stringContaining(words) },
    })
  })

  it('refuses a damaged file, and looks again after that', async () => {
    const model = modelFile('first', true)
    const resolver = new ModelResolver([model])
    writeFileSync(model.path, 'damaged')
    await expect(resolver.resolve(jobWith(null), null)).rejects.toThrow('is damaged')
    writeFileSync(model.path, 'first')
    expect(await resolver.resolve(jobWith(null), null)).toBe(model)
  })

  it('has no default for a workload without models', async () => {
    await expect(new ModelResolver([]).resolve(jobWith(null, 'sd_infer'), null)).rejects.toThrow('no default model for sd_infer')
  })
})

describe('the catalogue that comes with the miner', () => {
  it('tells size and hash of its files as they are', async () => {
    const models = await readCatalogue(fileURLToPath(new URL('../../../models/catalogue.json', import.meta.url)))
    expect(models.map(({ name }) => name)).toEqual(['tiny-llm'])
    for (const { path, bytes, sha256 } of models) {
      const file = readFileSync(path)
      expect({ bytes: file.length, sha256: createHash('sha256').update(file).digest('hex') }).toEqual({ bytes, sha256 })
    }
  })
})
