import type { RequestHandler } from 'express'
import { NextQuerySchema } from '../../src/protocol/next.ts'
import { authenticate, authorize } from '../auth/authenticate.ts'
import type { Poll } from '../desk/dispatcher.ts'
import { checkMinerId } from '../desk/heartbeat-desk.ts'
import { validate } from '../validate.ts'
import type { Context } from './context.ts'
import { sendJson } from './respond.ts'

/** Hands out a job, at once or within `wait` seconds. A caller that has hung up is handed none. */
export function nextRoute(context: Context): RequestHandler {
  const { dispatcher, settings, store } = context
  return (request, response) => {
    const identity = authenticate(request, context.keys)
    authorize(identity, ['miner'])
    const query = validate(NextQuerySchema, request.query)
    checkMinerId(identity, query.miner)
    const poll: Poll = {
      miner: store.miners.see(identity.keyId, query.miner, settings.nowMs()),
      workloads: query.workloads === undefined || query.workloads === '' ? null : query.workloads.split(','),
    }
    if (query.slots === 0) {
      sendJson(response, 200, { skipped: { workload: 0, model: 0, vram: 0 } })
      return
    }
    const result = dispatcher.next(poll)
    const waitMs = Math.min(query.wait, settings.maxWaitS) * 1000
    if (result.kind === 'job') sendJson(response, 200, result.job)
    else if (waitMs === 0) sendJson(response, 200, result.body)
    else {
      const { stopWaiting, leave } = dispatcher.wait(poll, (job) => sendJson(response, 200, job ?? result.body))
      const timer = setTimeout(stopWaiting, waitMs)
      response.once('close', () => {
        clearTimeout(timer)
        leave()
      })
    }
  }
}
