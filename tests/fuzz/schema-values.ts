import fc from 'fast-check'
import { z } from 'zod'
import { PublicKeySchema } from '../../src/protocol/capabilities.ts'
import {
  JobIdSchema,
  MediaTypeSchema,
  MoneySchema,
  NameSchema,
  Sha256Schema,
  SignedMoneySchema,
  UtcTimeSchema,
  WorkloadNameSchema,
} from '../../src/protocol/primitives.ts'

/** Texts of the schemas whose patterns cannot be read backwards. */
const SAMPLES: ReadonlyMap<unknown, readonly string[]> = new Map<unknown, readonly string[]>([
  [JobIdSchema, ['job_01J9ZC3V8N', 'a', '...', 'x'.repeat(128), 'A:b.c-d_e']],
  [NameSchema, ['rig1-gpu0', 'wallet_demo', 'é', 'x'.repeat(256), ' ']],
  [WorkloadNameSchema, ['llm_gen', 'torch_bench', '0', 'sd_infer']],
  [Sha256Schema, ['0'.repeat(64), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']],
  [MoneySchema, ['0', '0.25', '999999999999999999.999999999999999999', '0.00000001']],
  [SignedMoneySchema, ['-0.25', '0', '12.5', '-0']],
  [UtcTimeSchema, ['2026-01-01T00:00:00Z', '2025-09-26T13:37:00.123456+00:00', '9999-12-31T23:59:59Z', '0000-01-01T00:00:00Z']],
  [MediaTypeSchema, ['application/json', 'text/plain; charset=utf-8', 'image/png']],
  [PublicKeySchema, [`ed25519:${'A'.repeat(43)}`]],
])

const SAMPLES_KEY = 'x-samples'

/** The part of JSON Schema that zod writes. */
const nodeSchema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
  enum: z.array(z.unknown()).optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  maxItems: z.number().optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  maximum: z.number().optional(),
  [SAMPLES_KEY]: z.array(z.string()).optional(),
})
type Node = z.infer<typeof nodeSchema>

const MAX_LENGTH = 12
const MAX_ITEMS = 3

/** JSON values that a schema of the protocol takes, with and without what may be left out. */
export function valuesOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => {
      const samples = SAMPLES.get(zodSchema)
      if (samples !== undefined) Object.assign(jsonSchema, { [SAMPLES_KEY]: samples })
    },
  })
  return arbitraryOf(json)
}

function arbitraryOf(json: unknown): fc.Arbitrary<unknown> {
  const node = nodeSchema.parse(json === true ? {} : json)
  const samples = node[SAMPLES_KEY]
  if (samples !== undefined) return fc.constantFrom(...samples)
  if (node.enum !== undefined) return fc.constantFrom(...node.enum)
  if ('const' in node) return fc.constant(node['const'])
  if (node.anyOf !== undefined) return fc.oneof(...node.anyOf.map(arbitraryOf))
  if (Array.isArray(node.type)) return fc.oneof(...node.type.map((type) => arbitraryOf({ ...node, type })))
  switch (node.type) {
    case 'object':
      return objectsOf(node)
    case 'array':
      return fc.array(arbitraryOf(node.items ?? {}), { maxLength: Math.min(node.maxItems ?? MAX_ITEMS, MAX_ITEMS) })
    case 'string':
      return fc.string({ minLength: node.minLength ?? 0, maxLength: Math.min(node.maxLength ?? MAX_LENGTH, MAX_LENGTH) })
    case 'integer':
      return fc.integer({ min: Math.max(node.minimum ?? 0, (node.exclusiveMinimum ?? -1) + 1), max: 100_000 })
    case 'number':
      return fc.double({ min: node.minimum ?? Number.MIN_VALUE, max: node.maximum ?? 1e6, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case undefined:
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

function objectsOf(node: Node): fc.Arbitrary<unknown> {
  if (node.properties === undefined)
    return fc.dictionary(fc.string({ maxLength: MAX_LENGTH }), fc.nat(1000), { maxKeys: MAX_ITEMS })
  const fields = Object.fromEntries(Object.entries(node.properties).map(([name, field]) => [name, arbitraryOf(field)]))
  return fc.record(fields, { requiredKeys: node.required ?? [] })
}
