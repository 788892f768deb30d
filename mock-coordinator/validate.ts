import type { z } from 'zod'
import { ApiError } from './api-error.ts'

/** Checks a body or a query against its schema; throws `INVALID_PAYLOAD` with `details.field` and all problems. */
export function validate<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value, { error: missing })
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => ({ field: issue.path.join('.') || '(body)', message: issue.message }))
  const first = problems[0] ?? { field: '(body)', message: 'does not fit' }
  throw new ApiError('INVALID_PAYLOAD', `${first.field}: ${first.message}`, {
    field: first.field,
    problems: problems.slice(0, 20),
  })
}

/** For what is not there, zod would say that it is undefined; null leaves the other messages as they are. */
const missing: z.core.$ZodErrorMap = (issue) =>
  issue.code === 'invalid_type' && issue.input === undefined ? `is missing: expected ${issue.expected}` : null
