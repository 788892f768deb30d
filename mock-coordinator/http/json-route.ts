import { createHash } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import type { Role } from '../../src/protocol/endpoints.ts'
import { ApiError } from '../api-error.ts'
import { authenticate, authorize } from '../auth/authenticate.ts'
import type { Identity } from '../auth/key-ring.ts'
import type { Operation } from '../crash-points.ts'
import { validate } from '../validate.ts'
import type { Context } from './context.ts'
import { parseJson, readBody } from './read-body.ts'
import { sendError, sendJson, sendJsonText } from './respond.ts'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** A POST: who may call it, what it takes, and what it does inside one transaction. */
export interface PostRoute<Body> {
  readonly operation: Operation
  readonly roles: readonly Role[]
  readonly schema: z.ZodType<Body>
  readonly handle: (call: { readonly identity: Identity; readonly body: Body; readonly id: string }) => Answer
}

/**
 * Makes a POST handler: key, role, idempotency, body, schema, then `handle` in one transaction that also stores the
 * first answer, so that neither stands without the other.
 */
export function postRoute<Body>(context: Context, route: PostRoute<Body>): RequestHandler {
  return async (request, response) => {
    const identity = authenticate(request, context.keys)
    authorize(identity, route.roles)
    const scope = context.idempotency.scopeOf(request, identity, request.path)
    if (scope === null) {
      const raw = await readBody(request, context.settings.maxJsonBytes)
      const answer = context.store.transact(route.operation, () => run(route, identity, request, raw))
      sendJson(response, answer.status, answer.body)
      return
    }
    context.idempotency.enter(scope)
    try {
      const raw = await readBody(request, context.settings.maxJsonBytes)
      answerOnce(context, { operation: route.operation, scope, raw }, response, () => run(route, identity, request, raw))
    } finally {
      context.idempotency.leave(scope)
    }
  }
}

/** A GET: authenticated, authorized, answered with JSON. */
export function getRoute(
  context: Context,
  roles: readonly Role[],
  handle: (identity: Identity, request: Request) => unknown,
): RequestHandler {
  return (request, response) => {
    const identity = authenticate(request, context.keys)
    authorize(identity, roles)
    sendJson(response, 200, handle(identity, request))
  }
}

/** The `{id}` of a path, decoded. */
export function pathId(request: Request): string {
  const { id } = request.params
  return typeof id === 'string' ? id : ''
}

function run<Body>(route: PostRoute<Body>, identity: Identity, request: Request, raw: Buffer): Answer {
  const call = { identity, id: pathId(request) }
  const json = raw.length === 0 ? undefined : parseJson(raw)
  return route.handle({ ...call, body: validate(route.schema, json) })
}

interface KeyedCall {
  readonly operation: Operation
  /** Of the idempotency key. */
  readonly scope: string
  readonly raw: Buffer
}

function answerOnce(context: Context, { operation, scope, raw }: KeyedCall, response: Response, act: () => Answer): void {
  const { store, settings } = context
  const bodySha = createHash('sha256').update(raw).digest('base64')
  const nowMs = settings.nowMs()
  const first = store.idempotency.get(scope, nowMs)
  if (first !== null) {
    if (first.body_sha !== bodySha) {
      throw new ApiError('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used with another body: make a new key')
    }
    sendJsonText(response, first.status, first.body)
    return
  }
  const keep = (status: number, body: string) => store.idempotency.put(scope, { body_sha: bodySha, status, body, at_ms: nowMs })
  try {
    const { status, text } = store.transact(operation, () => {
      const answer = act()
      const text = JSON.stringify(answer.body)
      keep(answer.status, text)
      return { status: answer.status, text }
    })
    sendJsonText(response, status, text)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    keep(error.status, JSON.stringify(error.toBody()))
    sendError(response, error)
  }
}
