import { describe, expect, it } from 'vitest'
import { jobFailure, JobFailureError } from '../../../src/domain/failure-codes.ts'

describe('a job failure', () => {
  it('says by its code whether another miner may succeed', () => {
    expect(jobFailure('E_OOM', 'too big')).toEqual({ code: 'E_OOM', message: 'too big', retryable: true })
    expect(jobFailure('E_INVALID', 'bad size')).toEqual({ code: 'E_INVALID', message: 'bad size', retryable: false })
  })

  it('has a message of bounded length, whatever it quotes', () => {
    const { failure, message } = new JobFailureError('E_INVALID', `no input ${'\u{1f600}'.repeat(1_000_000)}`)
    expect(failure.message).toBe(message)
    expect(message.length).toBeLessThanOrEqual(4096)
    expect(message.isWellFormed()).toBe(true)
  })

  it('travels up the stack as an error with its cause', () => {
    const cause = new Error('exit code 139')
    const error = new JobFailureError('E_ENGINE', 'the engine crashed', { cause })
    expect(error).toMatchObject({ message: 'the engine crashed', cause, failure: { code: 'E_ENGINE', retryable: true } })
  })
})
