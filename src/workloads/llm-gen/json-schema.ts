import { z } from 'zod'
import { jsonSchemaProblem } from './json-schema-problem.ts'

const described = { description: z.string().optional() }
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const typeName = z.enum(['string', 'number', 'integer', 'boolean', 'null'])
const count = z.int().min(0).max(100_000).optional()
const definitions = {
  $defs: z
    .record(
      z.string(),
      z.lazy(() => nestedSchema),
    )
    .optional(),
}

/** What reads a schema calls itself for each level of it. */
const MAX_DEPTH = 64
/** Values in a schema. Each that does not fit is looked at several times. */
const MAX_PARTS = 20_000

/**
 * The part of JSON Schema that a grammar can be made of. A keyword outside it is an error: text that is generated without
 * regard to it would not be what was asked for.
 */
const nestedSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.union(
    [
      z.strictObject({ ...described, type: z.union([typeName, z.array(typeName).min(1)]) }),
      z.strictObject({ ...described, type: z.literal('string'), minLength: count, maxLength: count }),
      z.strictObject({ ...described, type: z.literal('string'), format: z.enum(['date-time', 'time', 'date']) }),
      z.strictObject({ ...described, const: scalar }),
      z.strictObject({ ...described, type: typeName.optional(), enum: z.array(scalar).min(1) }),
      z.strictObject({ ...described, ...definitions, oneOf: z.array(nestedSchema).min(1) }),
      z.strictObject({ ...described, ...definitions, $ref: z.string().startsWith('#/$defs/') }),
      z.strictObject({
        ...described,
        ...definitions,
        type: z.literal('object'),
        properties: z.record(z.string(), nestedSchema).optional(),
        additionalProperties: z.union([z.boolean(), nestedSchema]).optional(),
        minProperties: count,
        maxProperties: count,
        required: z.array(z.string()).optional(),
      }),
      z.strictObject({
        ...described,
        ...definitions,
        type: z.literal('array'),
        items: nestedSchema.optional(),
        prefixItems: z.array(nestedSchema).optional(),
        minItems: count,
        maxItems: count,
      }),
    ],
    {
      error:
        'no schema that text can be generated for: use type, properties, required, additionalProperties, items, prefixItems, enum, const, oneOf, $ref to #/$defs/, minItems, maxItems, minLength, maxLength or format (date-time, date, time)',
    },
  ),
)

/** As above, not nested too deeply nor too large for those who read it, and without what no text can follow. */
export const jsonSchema = z
  .unknown()
  .refine((schema) => isShallow(schema), { error: `a schema that is nested more than ${MAX_DEPTH} levels deep`, abort: true })
  .refine((schema) => partsOf(schema) <= MAX_PARTS, { error: `a schema of more than ${MAX_PARTS} parts: ask for less at a time` })
  .pipe(nestedSchema)
  .superRefine((schema, context) => {
    const problem = jsonSchemaProblem(schema)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })

/** A JSON Schema of that part, as it was sent. */
export type JsonSchema = Readonly<Record<string, unknown>>

function isShallow(value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []))
    if (level.length === 0) return true
  }
  return false
}

/** How many values there are in a value, itself included; it must not be nested deeply. */
function partsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((parts: number, item) => parts + partsOf(item), 1)
}
