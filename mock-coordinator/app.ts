import { randomUUID } from 'node:crypto'
import express from 'express'
import type { ErrorRequestHandler, Express, RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
import { ApiError } from './api-error.ts'
import { injectFaults } from './faults/inject-faults.ts'
import { addClientRoutes } from './http/client-routes.ts'
import type { Context } from './http/context.ts'
import { addFaultRoutes } from './http/fault-routes.ts'
import { addMinerRoutes } from './http/miner-routes.ts'
import { addPublicRoutes } from './http/public-routes.ts'
import { sendError } from './http/respond.ts'
import type { Settings } from './settings.ts'

/** The whole API as an Express app. The miner's routes come first: they are the ones called most. */
export function buildApp(context: Context): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(tagRequests(context), injectFaults(context))
  addMinerRoutes(app, context)
  addClientRoutes(app, context)
  addFaultRoutes(app, context)
  addPublicRoutes(app, context)
  app.use((request) => {
    throw new ApiError('NOT_FOUND', `there is no ${request.method} ${request.path}: see /docs`)
  })
  app.use(limitAuthFailures(context.settings.maxAuthFailuresPerMinute), answerErrors(context.settings))
  return app
}

/** Gives each answer its `X-Request-Id` and each request its line in the log, with the faults that struck it. */
function tagRequests({ settings, faults }: Context): RequestHandler {
  const { log, nowMs } = settings
  return (request, response, next) => {
    const id = randomUUID()
    const startedMs = nowMs()
    const { method, path } = request
    response.setHeader('X-Request-Id', id)
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Cache-Control', 'no-store')
    response.once('close', () => {
      const outcome = response.writableFinished ? String(response.statusCode) : 'hung-up'
      const struck = faults.struck(response)
      const injected = struck.length === 0 ? '' : ` faults=${struck.join(',')}`
      log(`${method} ${JSON.stringify(path).slice(1, -1)} ${outcome} ${nowMs() - startedMs}ms request=${id}${injected}`)
    })
    next()
  }
}

/** Slows down whoever guesses keys; other errors pass. */
function limitAuthFailures(limit: number): ErrorRequestHandler {
  const limiter = rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, response) =>
      sendError(response, new ApiError('RATE_LIMITED', 'too many calls without a valid key: wait a minute')),
  })
  return (error: unknown, request, response, next) => {
    if (!(error instanceof ApiError) || error.code !== 'UNAUTHORIZED') {
      next(error)
      return
    }
    void limiter(request, response, () => next(error))
  }
}

/** Answers every error in the API's shape; what is not an `ApiError` is a bug here and stays in the log. */
function answerErrors({ log }: Settings): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error)
      return
    }
    if (error instanceof ApiError) {
      sendError(response, error)
      return
    }
    if (error instanceof URIError) {
      sendError(response, new ApiError('BAD_REQUEST', 'the path is not valid percent-encoding'))
      return
    }
    const requestId = response.getHeader('X-Request-Id')
    log(`error request=${String(requestId)} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    sendError(
      response,
      new ApiError('INTERNAL', 'the coordinator failed: its log tells more under this request id', { request_id: requestId }),
    )
  }
}
