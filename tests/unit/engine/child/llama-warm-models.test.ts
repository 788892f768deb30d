import { describe, expect, it } from 'vitest'
import { WarmModels } from '../../../../src/engine/child/llama-warm-models.ts'

/** Models of a machine that has room for so many of them. */
function machine(places: number) {
  const loads: string[] = []
  const disposed: string[] = []
  const models = new WarmModels<string, { readonly name: string; dispose(): Promise<void> }>({
    keyOf: (name) => name,
    load: (name, { loaded, mayRefuse }) => {
      if (loaded.length >= places && mayRefuse) return Promise.resolve(null)
      if (loaded.length >= places) return Promise.reject(new Error('no room'))
      loads.push(name)
      const dispose = (): Promise<void> => Promise.resolve(void disposed.push(name))
      return Promise.resolve({ name, dispose })
    },
  })
  return { models, loads, disposed }
}

describe('WarmModels', () => {
  it('loads a model once for jobs at the same time and one after the other', async () => {
    const { models, loads } = machine(2)
    const [first, second] = await Promise.all([models.use('a', async (model) => model), models.use('a', async (model) => model)])
    const third = await models.use('a', async (model) => model)
    expect(loads).toEqual(['a'])
    expect([second, third]).toEqual([first, first])
    expect(third).toBe(first)
  })

  it('unloads the least recently used model that is idle when another one needs its room', async () => {
    const { models, loads, disposed } = machine(2)
    for (const name of ['a', 'b', 'a', 'c', 'a']) await models.use(name, async () => {})
    expect(disposed).toEqual(['b'])
    expect(loads).toEqual(['a', 'b', 'c'])
  })

  it('never unloads a model in use', async () => {
    const { models, disposed } = machine(1)
    await models.use('a', async () => {
      await expect(models.use('b', async () => {})).rejects.toThrow('no room')
    })
    expect(disposed).toEqual([])
    await models.use('b', async () => {})
    expect(disposed).toEqual(['a'])
  })

  it('tries again to load what could not be loaded', async () => {
    let attempts = 0
    const models = new WarmModels<string, { dispose(): Promise<void> }>({
      keyOf: (name) => name,
      load: () => {
        attempts += 1
        return attempts === 1 ? Promise.reject(new Error('bad')) : Promise.resolve({ dispose: () => Promise.resolve() })
      },
    })
    await expect(models.use('a', async () => {})).rejects.toThrow('bad')
    await models.use('a', async () => {})
    expect(attempts).toBe(2)
  })
})
