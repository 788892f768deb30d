import type { Express, RequestHandler } from 'express'
import { z } from 'zod'
import { JobSubmissionSchema } from '../../src/protocol/client-jobs.ts'
import { BalanceQuerySchema, JobsQuerySchema, LedgerQuerySchema } from '../../src/protocol/page-query.ts'
import { ApiError } from '../api-error.ts'
import { ANONYMOUS, authenticate, authorize, readKey } from '../auth/authenticate.ts'
import type { Identity } from '../auth/key-ring.ts'
import { validate } from '../validate.ts'
import { toContentDigest } from './content-digest.ts'
import type { Context } from './context.ts'
import { getRoute, pathId, postRoute } from './json-route.ts'
import { sendJson } from './respond.ts'
import { watchRoute } from './watch-route.ts'

/** The wallet, client and admin endpoints (section 4). */
export function addClientRoutes(app: Express, context: Context): void {
  const { jobs, wallets, statistics } = context
  const client = ['client'] as const

  app.get(
    '/v1/wallet/balance',
    walletRoute(context, (identity, query) => wallets.balance(identity, validate(BalanceQuerySchema, query).wallet)),
  )
  app.get(
    '/v1/wallet/ledger',
    walletRoute(context, (identity, query) => wallets.ledger(identity, validate(LedgerQuerySchema, query))),
  )

  app.post(
    '/v1/jobs',
    postRoute(context, {
      operation: 'submit',
      roles: client,
      schema: JobSubmissionSchema,
      handle: ({ identity, body }) => ({ status: 201, body: jobs.submit(identity, body) }),
    }),
  )
  app.get(
    '/v1/jobs',
    getRoute(context, client, (identity, request) => jobs.page(identity, validate(JobsQuerySchema, request.query))),
  )
  app.get(
    '/v1/jobs/:id',
    getRoute(context, client, (identity, request) => jobs.view(identity, pathId(request))),
  )
  app.get('/v1/jobs/:id/output', outputRoute(context))
  app.get('/v1/jobs/:id/events', watchRoute(context))
  app.post(
    '/v1/jobs/:id/cancel',
    postRoute(context, {
      operation: 'cancel',
      roles: client,
      schema: z.unknown(),
      handle: ({ identity, id }) => ({ status: 200, body: jobs.cancel(identity, id) }),
    }),
  )

  app.get(
    '/v1/admin/stats',
    getRoute(context, ['admin'], () => statistics.stats()),
  )
  app.get(
    '/v1/admin/miners',
    getRoute(context, ['admin'], () => statistics.miners()),
  )
}

/** Without strict keys, wallets may be read without one: the quickstart does. */
function walletRoute(context: Context, handle: (identity: Identity, query: unknown) => unknown): RequestHandler {
  return (request, response) => {
    const isAnonymous = !context.settings.isStrict && readKey(request) === null
    const identity = isAnonymous ? ANONYMOUS : authenticate(request, context.keys)
    authorize(identity, ['miner', 'client'])
    sendJson(response, 200, handle(identity, request.query))
  }
}

function outputRoute(context: Context): RequestHandler {
  return (request, response) => {
    const identity = authenticate(request, context.keys)
    authorize(identity, ['client'])
    const job = context.jobs.find(identity, pathId(request))
    if (job.state !== 'completed') {
      throw new ApiError('JOB_NOT_READY', `job ${job.id} is ${job.state}: it has no output`, { id: job.id, state: job.state })
    }
    const output = context.store.outputs.read(job.id)
    if (output === null) throw new ApiError('NOT_FOUND', `the proof of job ${job.id} came without its output`, { id: job.id })
    response.setHeader('Content-Type', output.media_type)
    response.setHeader('Content-Digest', toContentDigest(output.sha256))
    response.setHeader('Content-Length', output.bytes.length)
    // Made by a stranger: never to be shown as a page of this site.
    response.setHeader('Content-Disposition', 'attachment')
    response.setHeader('Content-Security-Policy', "default-src 'none'; sandbox")
    response.end(output.bytes)
  }
}
