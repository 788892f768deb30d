import { describe, expect, it } from 'vitest'
import { CATALOGUE } from '../../support/test-machine.ts'
import { engineSandbox } from '../../../src/daemon/engine-sandbox.ts'
import { readCatalogues } from '../../../src/models/catalogue.ts'

async function folders(): Promise<Parameters<typeof engineSandbox>[1]> {
  const catalogue = await readCatalogues(CATALOGUE, null)
  return { modelDir: '/var/models', catalogue, workRoot: '/work/1', cacheDir: '/state/engine-cache' }
}

describe('engineSandbox', () => {
  it('lets engines read whole fetched models and the files of the catalogue, and nothing around them', async () => {
    const settings = engineSandbox({ engineSandbox: 'auto', maxOutputBytes: 1000 }, await folders())
    expect(settings?.read[0]).toBe('/var/models/models')
    expect(settings?.read.length).toBeGreaterThan(1)
    for (const path of settings?.read.slice(1) ?? []) expect(path).toMatch(/\/models\/[^/]+\/.*\.\w+$/)
  })

  it('is nothing when it is off, and a must when it is required', async () => {
    expect(engineSandbox({ engineSandbox: 'off', maxOutputBytes: 1000 }, await folders())).toBeNull()
    expect(engineSandbox({ engineSandbox: 'auto', maxOutputBytes: 1000 }, await folders())?.isRequired).toBe(false)
    expect(engineSandbox({ engineSandbox: 'required', maxOutputBytes: 1000 }, await folders())?.isRequired).toBe(true)
  })
})
