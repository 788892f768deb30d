import { z } from 'zod'

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

/** As above, and not nested too deeply for those who read it. */
export const jsonSchema = z
  .unknown()
  .refine((schema) => isShallow(schema), { error: `a schema that is nested more than ${MAX_DEPTH} levels deep` })
  .pipe(nestedSchema)

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
