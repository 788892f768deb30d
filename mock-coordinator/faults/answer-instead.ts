import { sendError, sendJsonText } from '../http/respond.ts'
import { sendGarbled, sendHugeBody, sendStatus } from './broken-answers.ts'
import type { RuleOf } from './fault-rule.ts'
import { pause } from './faulty-call.ts'
import type { FaultyCall } from './faulty-call.ts'
import { raceWithJob } from './job-race.ts'
import { revokedError } from './revoked-keys.ts'
import type { RuleState } from './rule-state.ts'

const NO_BODY = Buffer.alloc(0)

/** Lets the faults strike that come before the handler. True when one took its place, or the caller has hung up. */
export async function answerInstead(call: FaultyCall): Promise<boolean> {
  for (const hit of call.hits.before()) if (await strike(call, hit)) return true
  return false
}

async function strike(call: FaultyCall, hit: RuleState): Promise<boolean> {
  const { request, response, hits } = call
  const { rule, random } = hit
  const answer = { response, body: NO_BODY, random }
  switch (rule.fault) {
    case 'expire_lease':
    case 'cancel_job':
      if (raceWithJob(call.context, rule.fault, call) > 0) hits.strike(hit)
      else hits.release(hit)
      return false
    case 'duplicate_job':
      return handOutAgain(call, hit, rule)
    case 'revoke_key':
      return revoke(call, hit, rule)
    case 'latency':
      hits.strike(hit)
      return !(await pause(call, rule.ms + random() * rule.jitter_ms))
    case 'reset':
      hits.strike(hit)
      request.socket.resetAndDestroy()
      return true
    case 'silence':
      // The caller waits until it hangs up.
      hits.strike(hit)
      return true
    case 'status':
      hits.strike(hit)
      sendStatus(answer, rule)
      return true
    case 'garble':
      hits.strike(hit)
      sendGarbled(answer, rule)
      return true
    case 'huge_body':
      hits.strike(hit)
      await sendHugeBody(answer, rule)
      return true
    case 'truncate':
    case 'slow_loris':
    case 'clock':
      // They need an answer to work on.
      return false
    default:
      return rule satisfies never
  }
}

function handOutAgain(call: FaultyCall, hit: RuleState, rule: RuleOf<'duplicate_job'>): boolean {
  const { context, response, keyId, hits } = call
  const job = context.faults.handedOut?.lastOf(rule.of === 'anyone' ? null : (keyId ?? '')) ?? null
  if (job === null) {
    hits.release(hit)
    return false
  }
  hits.strike(hit)
  const json: unknown = JSON.parse(job.toString('utf8'))
  const again = typeof json === 'object' && rule.params !== undefined ? { ...json, params: rule.params } : json
  sendJsonText(response, 200, JSON.stringify(again))
  return true
}

function revoke(call: FaultyCall, hit: RuleState, rule: RuleOf<'revoke_key'>): boolean {
  const { context, response, keyId, hits } = call
  if (keyId === null) {
    hits.release(hit)
    return false
  }
  hits.strike(hit)
  const untilMs = rule.for_s === undefined ? null : context.settings.nowMs() + rule.for_s * 1000
  context.faults.revokedKeys?.revoke(keyId, { rule: hit.name, status: rule.status, untilMs })
  sendError(response, revokedError(rule.status))
  return true
}
