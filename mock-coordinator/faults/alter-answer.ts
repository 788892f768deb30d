import { sendGarbled, sendHugeBody, sendSlowly, sendStatus, sendTruncated } from './broken-answers.ts'
import { pause } from './faulty-call.ts'
import type { FaultyCall } from './faulty-call.ts'
import { idIn } from './id-in-body.ts'
import { raceWithJob } from './job-race.ts'
import type { RaceTarget } from './job-race.ts'
import { shiftClock } from './shift-clock.ts'

/** Lets the faults strike that come after the handler, on the answer that it has made, and sends what they leave of it. */
export async function alterAnswer(call: FaultyCall, trueBody: Buffer): Promise<void> {
  const { request, response, hits, context } = call
  let body = trueBody
  for (const hit of hits.after()) {
    const { rule, random } = hit
    if (rule.fault === 'expire_lease' || rule.fault === 'cancel_job') {
      if (raceWithJob(context, rule.fault, targetAfter(call, trueBody)) > 0) hits.strike(hit)
      else hits.release(hit)
      continue
    }
    hits.strike(hit)
    switch (rule.fault) {
      case 'clock':
        body = shiftClock(body, rule)
        if (rule.parts.includes('date')) response.setHeader('Date', new Date(Date.now() + rule.offset_s * 1000).toUTCString())
        break
      case 'latency':
        if (!(await pause(call, rule.ms + random() * rule.jitter_ms))) return
        break
      case 'reset':
        request.socket.resetAndDestroy()
        return
      case 'silence':
        return
      case 'status':
        sendStatus({ response, body, random }, rule)
        return
      case 'garble':
        sendGarbled({ response, body, random }, rule)
        return
      case 'huge_body':
        await sendHugeBody({ response, body, random }, rule)
        return
      case 'truncate':
        sendTruncated({ response, body, random }, rule)
        return
      case 'slow_loris':
        sendSlowly({ response, body, random }, rule)
        return
      case 'duplicate_job':
      case 'revoke_key':
        // They come before the handler.
        break
      default:
        rule satisfies never
    }
  }
  if (body !== trueBody) response.setHeader('Content-Length', body.length)
  response.end(body)
}

/** After a poll it is the job just handed out, if there was one. */
function targetAfter({ endpoint, jobId, keyId }: FaultyCall, body: Buffer): RaceTarget {
  return endpoint === 'next' ? { jobId: idIn(body) ?? '', keyId } : { jobId, keyId }
}
