import { describe, expect, it } from 'vitest'
import { listed, readModelList } from '../../../src/llm-server/model-list.ts'
import { errorOf } from '../../support/error-of.ts'

describe('readModelList', () => {
  it('prefers the context that the server has to the one the model could have', () => {
    const data = [
      { id: 'a', max_model_len: 10 },
      { id: 'b', meta: { n_ctx: 20, n_ctx_train: 30 } },
      { id: 'c', meta: { n_ctx_train: 30 } },
      { id: 'd', meta: null },
      { id: 'e', max_model_len: 'many' },
    ]
    expect(readModelList({ data }).models.map(({ contextTokens }) => contextTokens)).toEqual([10, 20, 30, null, null])
  })

  it('leaves out what no job could name', () => {
    const data = [{ id: '' }, { id: 'x'.repeat(201) }, { id: 5 }, null, { id: 'a\nb' }, { id: 'good', owned_by: 'vllm' }]
    expect(readModelList({ data })).toEqual({ models: [{ name: 'good', contextTokens: null }], ownedBy: 'vllm' })
  })

  it('reads the null of an Ollama without models as none', () => {
    expect(readModelList({ object: 'list', data: null })).toEqual({ models: [], ownedBy: null })
  })

  it('takes nothing else', () => {
    for (const body of [null, [], {}, { data: 'a' }, { data: Array.from({ length: 1001 }, () => ({ id: 'a' })) }]) {
      expect(errorOf(() => readModelList(body))).toMatchObject({ details: { kind: 'garbled' } })
    }
  })
})

describe('listed', () => {
  it('names twenty and counts the rest', () => {
    const models = Array.from({ length: 25 }, (_, index) => ({ name: `m${index}`, contextTokens: null }))
    expect(listed(models.slice(0, 2))).toBe('m0, m1')
    expect(listed(models)).toMatch(/^m0, m1, .*, m19 and 5 more$/)
  })
})
