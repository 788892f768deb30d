import type { Express, Request, RequestHandler, Response } from 'express'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import { ENDPOINTS } from '../../src/protocol/endpoints.ts'
import { buildOpenApiDocument } from '../../src/protocol/openapi.ts'
import { ApiError } from '../api-error.ts'
import { FAULT_ENDPOINTS, FAULT_SCHEMAS } from '../faults/fault-endpoints.ts'
import type { Context } from './context.ts'
import { renderApiPage } from './api-page.ts'
import { sendError, sendJson, sendJsonText } from './respond.ts'

/** What needs no key: health, the OpenAPI document and a page that shows it. */
export function addPublicRoutes(app: Express, context: Context): void {
  app.get('/health', (_request, response) => {
    const { queued, leased } = context.store.jobs.counts()
    const uptimeS = Math.round((context.settings.nowMs() - context.startedMs) / 1000)
    sendJson(response, 200, { status: 'ok', version: context.version, uptime_s: uptimeS, jobs: { queued, running: leased } })
  })

  const protect: RequestHandler[] = [
    helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } }, strictTransportSecurity: false }),
    rateLimit({
      windowMs: 60_000,
      limit: 600,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      handler: (_request, response) => sendError(response, new ApiError('RATE_LIMITED', 'too many requests: wait a minute')),
    }),
  ]
  const made: { document?: string; page?: string } = {}
  app.get('/openapi.json', ...protect, (_request: Request, response: Response) => {
    made.document ??= JSON.stringify(buildDocument())
    sendJsonText(response, 200, made.document)
  })
  app.get(['/', '/docs'], ...protect, (_request: Request, response: Response) => {
    made.page ??= renderApiPage(buildDocument(), { ...ENDPOINTS, ...FAULT_ENDPOINTS })
    response.type('html').end(made.page)
  })
}

/** The API v1 and what this coordinator has besides. */
function buildDocument() {
  return buildOpenApiDocument({ endpoints: FAULT_ENDPOINTS, schemas: FAULT_SCHEMAS })
}
