import { ENDPOINTS } from '../../src/protocol/endpoints.ts'
import type { EndpointName } from '../../src/protocol/endpoints.ts'
import { endpointNames } from './fault-rule.ts'

/** What a request calls. */
export interface CalledEndpoint {
  readonly name: EndpointName
  /** The `{id}` of the path as it was sent; null for an endpoint without one. */
  readonly pathId: string | null
}

/** Tells by method and path which endpoint a request calls; null for none of the API v1. */
export class EndpointMatcher {
  readonly #patterns = endpointNames().map((name) => {
    const { method, path } = ENDPOINTS[name]
    const pattern = path.replaceAll('.', String.raw`\.`).replace('{id}', '([^/]+)')
    return { name, method: method.toUpperCase(), pattern: new RegExp(`^${pattern}/?$`, 'i') }
  })

  match(method: string, path: string): CalledEndpoint | null {
    for (const candidate of this.#patterns) {
      if (candidate.method !== method) continue
      const match = candidate.pattern.exec(path)
      if (match !== null) return { name: candidate.name, pathId: match[1] ?? null }
    }
    return null
  }
}
