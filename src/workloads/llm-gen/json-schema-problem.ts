type Schema = Readonly<Record<string, unknown>>

const REF = '#/$defs/'
const BOUNDS = [
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
  ['minProperties', 'maxProperties'],
] as const

/** What no text can follow in a schema whose keywords are all known, and would be generated without regard to; null for nothing. */
export function jsonSchemaProblem(schema: unknown, definitions: ReadonlySet<string> = new Set()): string | null {
  if (!isSchema(schema)) return null
  const known = new Set([...definitions, ...Object.keys(asSchema(schema['$defs']))])
  const own = ownProblem(schema, known)
  if (own !== null) return own
  for (const nested of nestedSchemas(schema)) {
    const problem = jsonSchemaProblem(nested, known)
    if (problem !== null) return problem
  }
  return null
}

function ownProblem(schema: Schema, definitions: ReadonlySet<string>): string | null {
  const { $ref, required } = schema
  if (typeof $ref === 'string' && !definitions.has($ref.slice(REF.length))) {
    return `$ref ${shown($ref)} leads to nothing: write its schema under $defs`
  }
  for (const [least, most] of BOUNDS) {
    const [low, high] = [schema[least], schema[most]]
    if (typeof low === 'number' && typeof high === 'number' && low > high) return `${least} ${low} is more than ${most} ${high}`
  }
  const properties = asSchema(schema['properties'])
  const names: readonly unknown[] = Array.isArray(required) ? required : []
  const missing = names.filter((name) => typeof name === 'string').find((name) => !Object.hasOwn(properties, name))
  if (missing === undefined) return null
  return `required names ${shown(missing)}, which is not among properties: write its schema there`
}

function nestedSchemas(schema: Schema): readonly unknown[] {
  const { oneOf, prefixItems, items, additionalProperties } = schema
  return [
    ...Object.values(asSchema(schema['$defs'])),
    ...Object.values(asSchema(schema['properties'])),
    ...(Array.isArray(oneOf) ? oneOf : []),
    ...(Array.isArray(prefixItems) ? prefixItems : []),
    items,
    additionalProperties,
  ]
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asSchema(value: unknown): Schema {
  return isSchema(value) ? value : {}
}

function shown(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name)
}
