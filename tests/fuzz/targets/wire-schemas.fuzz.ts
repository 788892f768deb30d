import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import type { z } from 'zod'
import { ENDPOINTS } from '../../../src/protocol/endpoints.ts'
import type { Endpoint } from '../../../src/protocol/endpoints.ts'
import { ErrorBodySchema } from '../../../src/protocol/errors.ts'
import { JobSchema } from '../../../src/protocol/job.ts'
import { ParamsSchema } from '../../../src/protocol/job.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { damagedJson } from '../mutations/json-edits.ts'
import { valuesOf } from '../schema-values.ts'

interface WireText {
  readonly schema: string
  readonly text: string
}

/** Every schema of the v1 API, requests and answers, by a name for the report. */
const SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map([
  ...Object.entries<Endpoint>(ENDPOINTS).flatMap(([name, { body, query, answers }]): [string, z.ZodType][] => [
    ...(body === undefined ? [] : [[`${name} body`, body] as [string, z.ZodType]]),
    ...(query === undefined ? [] : [[`${name} query`, query] as [string, z.ZodType]]),
    ...Object.entries(answers).flatMap(([status, { schema }]): [string, z.ZodType][] =>
      schema === undefined ? [] : [[`${name} ${status}`, schema]],
    ),
  ]),
  ['error body', ErrorBodySchema],
  ['job', JobSchema],
  ['params', ParamsSchema],
])

/**
 * No JSON text makes a schema throw. What one takes is part of the text, with nothing changed but what was left out, is
 * taken again as it is when it is written out, and holds no object with a prototype of the sender's.
 */
export const wireSchemas = fuzzTarget<WireText>({
  name: 'wire-schemas',
  runsInTests: 600,
  input: () =>
    fc.oneof(...[...SCHEMAS].map(([schema, type]) => damagedJson(valuesOf(type)).map((text): WireText => ({ schema, text })))),
  open: () => ({
    holds: ({ schema, text }) => {
      const sent: unknown = JSON.parse(text)
      const taken = SCHEMAS.get(schema)?.safeParse(sent)
      if (taken?.success !== true) return
      const difference = strangeness(taken.data, sent, '$')
      if (difference !== null) throw new Error(difference)
      const again = SCHEMAS.get(schema)?.safeParse(JSON.parse(JSON.stringify(taken.data)))
      if (again?.success !== true) throw new Error(`not taken again: ${JSON.stringify(taken.data)}`)
      if (!isDeepStrictEqual(normal(again.data), normal(taken.data))) {
        throw new Error(`taken as ${JSON.stringify(taken.data)}, then as ${JSON.stringify(again.data)}`)
      }
    },
  }),
})

/** What of a decoded value was not sent, or is no plain data; null for nothing. */
function strangeness(taken: unknown, sent: unknown, path: string): string | null {
  if (typeof taken !== 'object' || taken === null) {
    const isCoerced = typeof taken === 'number' && typeof sent === 'string' && Number(sent) === taken
    return sent === undefined || isCoerced || taken === sent || taken === Number(sent)
      ? null
      : `${path}: taken as ${String(taken)}, sent as ${JSON.stringify(sent)}`
  }
  const prototype: unknown = Object.getPrototypeOf(taken)
  if (prototype !== Object.prototype && prototype !== Array.prototype) return `${path}: has a prototype of its own`
  const whole = typeof sent === 'object' && sent !== null ? new Map<string, unknown>(Object.entries(sent)) : null
  // Params that were left out are an empty object.
  if (whole === null)
    return Object.keys(taken).length === 0 && sent == null ? null : `${path}: taken as an object, sent as ${JSON.stringify(sent)}`
  if (Array.isArray(taken) !== Array.isArray(sent)) return `${path}: an array for an object`
  for (const [name, part] of Object.entries(taken)) {
    const problem = strangeness(part, whole.get(name), `${path}.${name}`)
    if (problem !== null) return problem
  }
  return null
}

/** JSON has no minus zero and no undefined. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
