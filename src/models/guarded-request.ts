import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { SourcePolicy } from './source-policy.ts'

const MAX_REDIRECTS = 5
const HEADERS_MS = 30_000
/** No byte for this long is a stall. */
const STALL_MS = 60_000
/** From the look-up of the name to the end of the head. The library begins its own time anew with each interim answer. */
const ANSWER_MS = 60_000
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export interface GuardedRequest {
  readonly url: URL
  readonly policy: SourcePolicy
  /** Sent to every hop. */
  readonly headers: Readonly<Record<string, string>>
  /** Sent to this origin only, and dropped where a redirect leads elsewhere; null for none. */
  readonly token: { readonly origin: string; readonly value: string } | null
  /** Looks names up; the system's by default. */
  readonly lookup?: LookupFunction
  readonly signal: AbortSignal
  /** How long one hop may take to answer. @default 60 seconds */
  readonly answerMs?: number
}

export interface GuardedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Readable
  /** Where the redirects led. */
  readonly url: URL
  /** Lets go of the connection; to be called when the body is read or given up. */
  close(): Promise<void>
}

/**
 * GET along redirects, each hop held against the policy: its URL before, and the address that its name gives when it is
 * connected to. Rejects with `E_DENY` for what is not allowed, with the library's error for what fails on the way.
 */
export async function guardedGet(request: GuardedRequest): Promise<GuardedAnswer> {
  let url = request.url
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    request.policy.checkUrl(url)
    const { answer, close } = await getOnce(url, request)
    const location = answer.headers['location']
    if (!REDIRECTS.has(answer.statusCode) || typeof location !== 'string') {
      return { status: answer.statusCode, headers: answer.headers, body: answer.body, url, close }
    }
    await close()
    const next = URL.parse(location, url)
    if (next === null) throw new JobFailureError('E_INPUT', `${url.host} redirects to what is no address`)
    url = next
  }
  throw new JobFailureError('E_INPUT', `${request.url.host} redirects more than ${MAX_REDIRECTS} times`)
}

async function getOnce(
  url: URL,
  { policy, headers, token, lookup, signal, answerMs = ANSWER_MS }: GuardedRequest,
): Promise<{ answer: Dispatcher.ResponseData; close: () => Promise<void> }> {
  const { Agent } = await import('undici')
  const agent = new Agent({
    connect: { lookup: guardedLookup(lookup ?? systemLookup, policy, url.protocol), timeout: HEADERS_MS },
    headersTimeout: HEADERS_MS,
    bodyTimeout: STALL_MS,
    pipelining: 0,
    allowH2: false,
  })
  const close = (): Promise<void> => agent.destroy()
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${answerMs / 1000} s`)), answerMs)
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      signal: AbortSignal.any([signal, late.signal]),
      headers: {
        ...headers,
        'accept-encoding': 'identity',
        ...(token !== null && url.origin === token.origin ? { authorization: `Bearer ${token.value}` } : {}),
      },
    })
    // A body that is given up ends with an error that nobody waits for.
    answer.body.on('error', () => {})
    return { answer, close }
  } catch (error) {
    await close()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Asks the policy for each address that a name has, so that the one that is connected to has been allowed. */
function guardedLookup(lookup: LookupFunction, policy: SourcePolicy, protocol: string): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [])
      const list = Array.isArray(addresses) ? addresses : []
      try {
        for (const { address } of list) policy.checkAddress(address, protocol)
      } catch (denied) {
        return callback(denied instanceof Error ? denied : new Error(String(denied)), [])
      }
      const [first] = list
      if (options.all === true || first === undefined) return callback(null, list)
      return callback(null, first.address, first.family)
    })
  }
}
