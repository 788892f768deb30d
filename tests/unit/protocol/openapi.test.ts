import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../../../src/protocol/endpoints.ts'
import { buildOpenApiDocument } from '../../../src/protocol/openapi.ts'

describe('buildOpenApiDocument', () => {
  const text = JSON.stringify(buildOpenApiDocument())

  it('describes every endpoint', () => {
    for (const [name, endpoint] of Object.entries(ENDPOINTS)) {
      expect(text).toContain(`"operationId":"${name}"`)
      expect(text).toContain(JSON.stringify(endpoint.path))
    }
  })

  it('refers to components that it has', () => {
    const document: { components: { schemas: Record<string, unknown> } } = JSON.parse(text)
    const names = Object.keys(document.components.schemas)
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '')
    expect(references.length).toBeGreaterThan(50)
    for (const reference of new Set(references)) {
      expect(names).toContain(reference.replace('#/components/schemas/', ''))
    }
  })

  it('is what docs/openapi.json says: run npm run openapi when it is not', () => {
    const file: unknown = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'))
    expect(JSON.parse(text)).toEqual(file)
  })
})
