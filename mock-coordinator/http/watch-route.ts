import type { RequestHandler, Response } from 'express'
import { authenticate, authorize } from '../auth/authenticate.ts'
import type { EventRow } from '../store/event-table.ts'
import type { Context } from './context.ts'
import { pathId } from './json-route.ts'

const KEEP_ALIVE_MS = 15_000
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024
const FINAL = /"state":"(?:completed|failed|canceled|expired)"/

/**
 * Server-sent events of one job: `state`, `token`, `progress`, and `done` with the job's view at the end.
 * Past events come first, those after `Last-Event-ID` when it is sent.
 */
export function watchRoute(context: Context): RequestHandler {
  const { hub, jobs } = context
  return (request, response) => {
    const identity = authenticate(request, context.keys)
    authorize(identity, ['client'])
    const job = jobs.find(identity, pathId(request))
    const lastId = Number(/^\d{1,15}$/.exec(request.get('Last-Event-ID') ?? '')?.[0] ?? 0)
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' })

    let stop: (() => void) | null = null
    const show = (event: EventRow): void => {
      if (response.writableEnded || response.destroyed || event.type === 'log') return
      write(response, event.type, event.data, event.id)
      if (event.type !== 'state' || !FINAL.test(event.data)) return
      stop?.()
      write(response, 'done', JSON.stringify(jobs.view(identity, job.id)), event.id)
      response.end()
    }
    for (const event of hub.replay(job.id, lastId)) show(event)
    if (response.writableEnded) return
    if (jobs.find(identity, job.id).state !== 'queued' && hasEnded(context, job.id)) {
      write(response, 'done', JSON.stringify(jobs.view(identity, job.id)), lastId)
      response.end()
      return
    }
    const unwatch = hub.watch(job.id, show)
    const keepAlive = setInterval(() => response.write(': keep-alive\n\n'), KEEP_ALIVE_MS).unref()
    stop = () => {
      unwatch()
      clearInterval(keepAlive)
    }
    response.once('close', stop)
    response.flushHeaders()
  }
}

/** True for a job in a final state: a client that resumes after its last event is told `done` again. */
function hasEnded(context: Context, id: string): boolean {
  const state = context.store.jobs.get(id)?.state
  return state !== 'queued' && state !== 'leased'
}

function write(response: Response, type: string, data: string, id: number): void {
  // A reader that does not keep up is cut off: it resumes from its last event.
  if (response.writableLength > MAX_BUFFERED_BYTES) response.destroy()
  else response.write(`id: ${id}\nevent: ${type}\ndata: ${data}\n\n`)
}
