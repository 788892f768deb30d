import { describe, expect, it } from 'vitest'
import { processEnvironment } from '../../../src/config/process-environment.ts'

describe('the environment of the process', () => {
  it('gives the configuration its secrets, and keeps them no longer', () => {
    const variables = { PATH: '/bin', AITBC_API_KEY: 'k', AITBC_HF_TOKEN: 't', AITBC_LLM_API_KEY: 'l', AITBC_MINER_ID: 'm' }
    const { env } = processEnvironment(variables)
    expect(env).toMatchObject({ PATH: '/bin', AITBC_API_KEY: 'k', AITBC_HF_TOKEN: 't', AITBC_LLM_API_KEY: 'l' })
    expect(variables).toEqual({ PATH: '/bin', AITBC_MINER_ID: 'm' })
  })

  it('does not let certificates go unverified', () => {
    const variables = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    expect(processEnvironment(variables).env).toEqual({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })
    expect(variables).toEqual({})
  })
})
