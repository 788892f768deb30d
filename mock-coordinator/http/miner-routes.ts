import type { Express } from 'express'
import { CapabilitiesSchema } from '../../src/protocol/capabilities.ts'
import { FailSchema } from '../../src/protocol/fail.ts'
import { HeartbeatSchema } from '../../src/protocol/heartbeat.ts'
import { JobEventsSchema } from '../../src/protocol/job-events.ts'
import { ProofSchema } from '../../src/protocol/proof.ts'
import { findJob, judgeClaim, leaseLost } from '../desk/claim.ts'
import { toUtcTime } from '../ids.ts'
import type { Context } from './context.ts'
import { postRoute } from './json-route.ts'
import { nextRoute } from './next-route.ts'
import { uploadRoute } from './upload-route.ts'

/** The miner's endpoints (section 3). */
export function addMinerRoutes(app: Express, context: Context): void {
  const { settings, store, hub } = context
  const roles = ['miner'] as const

  app.get('/v1/miner/next', nextRoute(context))

  app.post(
    '/v1/miner/proof',
    postRoute(context, {
      operation: 'proof',
      roles,
      schema: ProofSchema,
      handle: ({ identity, body }) => {
        const { isNew, receipt } = context.proofs.accept(identity, body)
        return { status: isNew ? 201 : 200, body: receipt }
      },
    }),
  )

  app.post(
    '/v1/miner/heartbeat',
    postRoute(context, {
      operation: 'heartbeat',
      roles,
      schema: HeartbeatSchema,
      handle: ({ identity, body }) => ({ status: 200, body: context.heartbeats.accept(identity, body) }),
    }),
  )

  app.post(
    '/v1/miner/register',
    postRoute(context, {
      operation: 'register',
      roles,
      schema: CapabilitiesSchema,
      handle: ({ identity, body }) => ({
        status: context.heartbeats.register(identity, body) ? 201 : 200,
        body: {
          miner_id: body.miner_id,
          server_time: toUtcTime(settings.nowMs()),
          heartbeat_secs: Math.max(1, Math.floor(settings.leaseS / 3)),
          poll_wait_secs: Math.min(20, settings.maxWaitS),
        },
      }),
    }),
  )

  app.post(
    '/v1/miner/fail',
    postRoute(context, {
      operation: 'fail',
      roles,
      schema: FailSchema,
      handle: ({ identity, body }) => ({ status: 200, body: context.failures.accept(identity, body) }),
    }),
  )

  app.post(
    '/v1/miner/jobs/:id/events',
    postRoute(context, {
      operation: 'events',
      roles,
      schema: JobEventsSchema,
      handle: ({ identity, body, id }) => {
        const job = findJob(store, id)
        const claim = { identity, minerId: identity.minerId, leaseId: null, attempt: null }
        if (judgeClaim(store, job, claim).kind !== 'holder') throw leaseLost(job)
        return { status: 202, body: { accepted: hub.publishBatch(job.id, job.attempt, body) } }
      },
    }),
  )

  app.put('/v1/miner/jobs/:id/output', uploadRoute(context))
}
