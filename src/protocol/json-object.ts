import { z } from 'zod'

const MAX_DEPTH = 64

/**
 * A JSON object of any content that survives a round trip: every number finite, every integer exact in a double,
 * text well-formed, nesting bounded, and no `__proto__` key at any depth.
 */
export const JsonObjectSchema = z
  .unknown()
  .superRefine((value, context) => {
    const problem = isObject(value) ? findProblem(value, 0) : 'must be a JSON object'
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })
  .meta({ type: 'object' })
  .pipe(z.record(z.string(), z.unknown()))

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function findProblem(value: unknown, depth: number): string | null {
  if (typeof value === 'number') return findNumberProblem(value)
  if (typeof value === 'string') return findTextProblem(value)
  if (typeof value !== 'object' || value === null) return null
  if (depth >= MAX_DEPTH) return `must not be nested more than ${MAX_DEPTH} deep`
  return Array.isArray(value) ? findArrayProblem(value, depth) : findMemberProblem(value, depth)
}

/** Arrays of millions of numbers come from hosts that mean it: nothing is allocated for an element. */
function findArrayProblem(values: readonly unknown[], depth: number): string | null {
  for (const value of values) {
    const problem = findProblem(value, depth + 1)
    if (problem !== null) return problem
  }
  return null
}

function findMemberProblem(value: object, depth: number): string | null {
  if (Object.hasOwn(value, '__proto__')) return 'must not contain a __proto__ key'
  for (const [key, child] of Object.entries(value)) {
    const problem = findTextProblem(key) ?? findProblem(child, depth + 1)
    if (problem !== null) return problem
  }
  return null
}

/** Canonical JSON (RFC 8785) has no form for half of a surrogate pair, so nothing with one in it could be proved. */
function findTextProblem(text: string): string | null {
  return text.isWellFormed() ? null : 'must not contain half of a surrogate pair'
}

function findNumberProblem(value: number): string | null {
  if (!Number.isFinite(value)) return 'must not contain a number out of range'
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return 'must not contain an integer beyond 2^53'
  return null
}
