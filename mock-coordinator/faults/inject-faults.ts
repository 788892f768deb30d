import type { Request, RequestHandler, Response } from 'express'
import { readKey } from '../auth/authenticate.ts'
import { fingerprint } from '../auth/key-ring.ts'
import type { Context } from '../http/context.ts'
import { readBody } from '../http/read-body.ts'
import { sendError } from '../http/respond.ts'
import { alterAnswer } from './alter-answer.ts'
import { answerInstead } from './answer-instead.ts'
import { EndpointMatcher } from './endpoint-matcher.ts'
import type { FaultyCall } from './faulty-call.ts'
import { idIn } from './id-in-body.ts'
import { decodePathId } from './job-race.ts'
import { PendingHits } from './pending-hits.ts'
import { revokedError } from './revoked-keys.ts'
import { takeAnswer } from './take-answer.ts'

/**
 * Lets the plan in force have its way with a call: first what happens before the handler, which may take the handler's
 * place, then what happens to its answer. Without a plan it costs one comparison.
 */
export function injectFaults(context: Context): RequestHandler {
  const matcher = new EndpointMatcher()
  const { faults } = context
  return async (request, response, next) => {
    const endpoint = faults.isActive ? matcher.match(request.method, request.path) : null
    if (endpoint === null) {
      next()
      return
    }
    const key = readKey(request)
    const keyId = key === null ? null : fingerprint(key)
    if (refuseRevoked(context, keyId, response)) return
    const hits = new PendingHits(faults.hits(endpoint.name), (name) => faults.note(response, name))
    response.once('close', () => hits.releaseAll())
    const jobId = decodePathId(endpoint.pathId) ?? (hits.concernJobs ? await readJobId(context, request) : null)
    const call: FaultyCall = { context, request, response, endpoint: endpoint.name, keyId, jobId, hits }
    const run = { hasHandler: false }
    if (hits.touchAnswer || (endpoint.name === 'next' && faults.handedOut !== null)) {
      takeAnswer(response, (body) => {
        if (run.hasHandler && keyId !== null && endpoint.name === 'next') faults.handedOut?.note(keyId, body)
        alterAnswer(call, body).catch(() => response.destroy())
      })
    }
    if (await answerInstead(call)) return
    run.hasHandler = true
    next()
  }
}

function refuseRevoked({ faults, settings }: Context, keyId: string | null, response: Response): boolean {
  const revocation = keyId === null ? null : (faults.revokedKeys?.find(keyId, settings.nowMs()) ?? null)
  if (revocation === null) return false
  revocation.refused += 1
  faults.note(response, revocation.rule)
  sendError(response, revokedError(revocation.status))
  return true
}

/** The job that a body is about. The handler finds the body where body parsers leave it. */
async function readJobId({ settings }: Context, request: Request): Promise<string | null> {
  if (request.method !== 'POST') return null
  const body = await readBody(request, settings.maxJsonBytes)
  request.body = body
  return idIn(body)
}
