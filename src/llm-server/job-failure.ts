import { JobFailureError } from '../domain/failure-codes.ts'
import type { GenerationRequest } from './generation-request.ts'
import type { ServerFailure } from './server-failure.ts'

/** What a failed request means for the job, in a sentence for its sender. */
export function jobFailureOf(failure: ServerFailure, request: GenerationRequest): JobFailureError {
  const { kind, status, said } = failure.details
  const options = { cause: failure }
  switch (kind) {
    case 'unreachable':
    case 'garbled':
      return new JobFailureError('E_ENGINE', `the language-model server of this miner failed: ${failure.message}`, options)
    case 'busy':
    case 'broken':
      return new JobFailureError(
        'E_ENGINE',
        `the language-model server of this miner ${kind === 'busy' ? 'is too busy' : 'failed'}: ${said ?? `HTTP ${status}`}`,
        options,
      )
    case 'unauthorized':
      return new JobFailureError(
        'E_ENGINE',
        'the language-model server refuses the key of this miner: its operator must set LLM_API_KEY',
        options,
      )
    case 'redirect':
      return new JobFailureError(
        'E_ENGINE',
        'the language-model server of this miner points elsewhere, and redirects are not followed: its operator must set LLM_URL',
        options,
      )
    case 'missing':
      return new JobFailureError('E_UNSUPPORTED', `the language-model server of this miner has no ${request.path}`, options)
    case 'refused': {
      const field = request.doubtful.find((name) => said !== null && names(said, name))
      return field === undefined
        ? new JobFailureError('E_INVALID', `the language-model server refuses the request: ${said ?? `HTTP ${status}`}`, options)
        : new JobFailureError('E_UNSUPPORTED', `the language-model server of this miner refuses ${field}: ${said}`, options)
    }
    default:
      return kind satisfies never
  }
}

/** What this refusal is about, if the request can do without it. */
export function refusedOption({ details }: ServerFailure, request: GenerationRequest): string | null {
  const { kind, said } = details
  if (kind === 'missing') return request.optional.find((name) => name === request.path) ?? null
  if (kind !== 'refused' || said === null) return null
  return request.optional.find((name) => names(said, name)) ?? null
}

function names(sentence: string, field: string): boolean {
  return new RegExp(`(?<![A-Za-z0-9_])${field}(?![A-Za-z0-9_])`).test(sentence)
}
