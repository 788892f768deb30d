import { z } from 'zod'
import { AdminSchemas, ClientSchemas, MinerSchemas, PartSchemas } from './openapi-components.ts'
import { ENDPOINTS } from './endpoints.ts'
import type { Endpoint, EndpointAnswer } from './endpoints.ts'
import { API_ERRORS } from './errors.ts'
import type { ApiErrorCode } from './errors.ts'
import { JobIdSchema } from './primitives.ts'

type JsonValue = Record<string, unknown>
type NamedSchemas = Readonly<Record<string, z.ZodType>>

const COMPONENTS: NamedSchemas = { ...MinerSchemas, ...ClientSchemas, ...AdminSchemas, ...PartSchemas }
const COMMON_ERRORS: readonly ApiErrorCode[] = ['UNAUTHORIZED', 'FORBIDDEN', 'RATE_LIMITED', 'INTERNAL', 'UNAVAILABLE']
const BODY_ERRORS: readonly ApiErrorCode[] = ['BAD_REQUEST', 'PAYLOAD_TOO_LARGE', 'INVALID_PAYLOAD']
const POST_ERRORS: readonly ApiErrorCode[] = ['IDEMPOTENCY_IN_FLIGHT', 'IDEMPOTENCY_KEY_REUSED']

/** What a coordinator has besides the API v1. */
export interface OpenApiAddition {
  readonly endpoints: Readonly<Record<string, Endpoint>>
  /** The bodies that these endpoints refer to, by name. */
  readonly schemas: NamedSchemas
}

/** The OpenAPI 3.1 document of the coordinator API v1, made from the schemas and the table of endpoints. */
export function buildOpenApiDocument(addition: OpenApiAddition = { endpoints: {}, schemas: {} }): JsonValue {
  const paths: Record<string, JsonValue> = {}
  const schemas = { ...COMPONENTS, ...addition.schemas }
  for (const [operationId, endpoint] of Object.entries<Endpoint>({ ...ENDPOINTS, ...addition.endpoints })) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: describeOperation(operationId, endpoint, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'AITBC Coordinator API',
      version: '1.0.0',
      description:
        'The contract between a miner, a coordinator and a client. A coordinator that offers nothing but heartbeat, next and ' +
        'proof (marked x-core) is a valid one. Unknown fields are ignored by both sides; null means absent.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      schemas: describeComponents(schemas),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      },
    },
  }
}

function describeComponents(components: NamedSchemas): JsonValue {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(components)) registry.add(schema, { id })
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: (id) => `#/components/schemas/${id}` })
  return Object.fromEntries(Object.entries(schemas).map(([name, { $schema: _dialect, $id: _uri, ...schema }]) => [name, schema]))
}

function toJsonSchema(schema: z.ZodType): JsonValue {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}

function schemaReference(schema: z.ZodType, components: NamedSchemas): JsonValue {
  const name = Object.keys(components).find((key) => components[key] === schema)
  if (name === undefined) throw new Error('a body of the table of endpoints is missing among the OpenAPI components')
  return { $ref: `#/components/schemas/${name}` }
}

function describeOperation(operationId: string, endpoint: Endpoint, components: NamedSchemas): JsonValue {
  return {
    operationId,
    summary: endpoint.summary,
    tags: [endpoint.path.split('/')[2] ?? 'public'],
    ...(endpoint.isCore ? { 'x-core': true } : {}),
    ...(endpoint.isMockOnly ? { 'x-mock-only': true } : {}),
    ...(endpoint.roles === null ? { security: [] } : { 'x-roles': endpoint.roles }),
    parameters: [...pathParameters(endpoint), ...queryParameters(endpoint), ...headerParameters(endpoint)],
    ...describeRequestBody(endpoint, components),
    responses: describeResponses(endpoint, components),
  }
}

function pathParameters(endpoint: Endpoint): JsonValue[] {
  if (!endpoint.path.includes('{id}')) return []
  return [{ name: 'id', in: 'path', required: true, schema: toJsonSchema(JobIdSchema) }]
}

function queryParameters(endpoint: Endpoint): JsonValue[] {
  if (endpoint.query === undefined) return []
  return Object.entries(endpoint.query.shape).map(([name, field]) => ({
    name,
    in: 'query',
    required: !z.safeParse(field, undefined).success,
    schema: toJsonSchema(field),
  }))
}

function headerParameters(endpoint: Endpoint): JsonValue[] {
  if (endpoint.method === 'post') return [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string' } }]
  if (endpoint.bodyMediaType !== undefined)
    return [{ name: 'Content-Digest', in: 'header', required: true, schema: { type: 'string' } }]
  return []
}

function describeRequestBody(endpoint: Endpoint, components: NamedSchemas): JsonValue {
  if (endpoint.body !== undefined) {
    return {
      requestBody: { required: true, content: { 'application/json': { schema: schemaReference(endpoint.body, components) } } },
    }
  }
  if (endpoint.bodyMediaType !== undefined) return { requestBody: { required: true, content: { [endpoint.bodyMediaType]: {} } } }
  return {}
}

function describeResponses(endpoint: Endpoint, components: NamedSchemas): JsonValue {
  const responses: JsonValue = {}
  for (const [status, answer] of Object.entries<EndpointAnswer>(endpoint.answers)) {
    responses[status] = { description: answer.description, ...describeContent(answer, components) }
  }
  for (const [status, codes] of Object.entries(Object.groupBy(errorsOf(endpoint), (code) => String(API_ERRORS[code].status)))) {
    responses[status] = {
      description: (codes ?? []).join(', '),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorBody' } } },
    }
  }
  return responses
}

function describeContent(answer: EndpointAnswer, components: NamedSchemas): JsonValue {
  if (answer.mediaType !== undefined) return { content: { [answer.mediaType]: {} } }
  if (answer.schema === undefined) return {}
  return { content: { 'application/json': { schema: schemaReference(answer.schema, components) } } }
}

function errorsOf(endpoint: Endpoint): readonly ApiErrorCode[] {
  if (endpoint.roles === null) return ['INTERNAL']
  const codes = new Set([...endpoint.errors, ...COMMON_ERRORS])
  if (endpoint.query !== undefined) codes.add('INVALID_PAYLOAD')
  if (endpoint.method !== 'get' && endpoint.method !== 'delete') for (const code of BODY_ERRORS) codes.add(code)
  if (endpoint.method === 'post') for (const code of POST_ERRORS) codes.add(code)
  return [...codes]
}
