import { errorCode } from '../domain/error-code.ts'
import { CoordinatorFailure } from '../domain/coordinator-failure.ts'
import type { FailureClass } from '../domain/coordinator-failure.ts'
import { retryAfterMs } from '../domain/retry-after.ts'

/** An answer other than 2xx, as far as the decision needs it. */
export interface FailedAnswer {
  readonly kind: 'answer'
  /** E.g. `POST /v1/miner/proof`. */
  readonly call: string
  readonly status: number
  /** True where 403 can mean nothing but the key: the call is about no job. */
  readonly isAboutKey: boolean
  /** From the error body; null when it has none of the API's shape. */
  readonly apiCode: string | null
  readonly message: string | null
  /** The `Retry-After` header as received. */
  readonly retryAfter: string | null
  /** By the `Date` header, epoch milliseconds; null without a usable one. */
  readonly dateMs: number | null
  /** The `Location` header as received. */
  readonly location: string | null
}

/** No answer at all: DNS, connection, TLS, timeout, cut body. */
export interface FailedTransport {
  readonly kind: 'transport'
  readonly call: string
  readonly error: unknown
}

/** Longest `Retry-After` that is believed. */
const MAX_RETRY_AFTER_MS = 3_600_000

/** Says what a failed call means, from facts alone: one table for all endpoints. `nowMs` reads a `Retry-After` date where the answer has no date of its own. */
export function classifyFailure(failed: FailedAnswer | FailedTransport, nowMs: number): CoordinatorFailure {
  if (failed.kind === 'transport') {
    const details = { failureClass: 'unreachable', status: null, apiCode: null, retryAfterMs: null } as const
    return new CoordinatorFailure(`${failed.call}: ${describeTransportError(failed.error)}`, details, { cause: failed.error })
  }
  const { call, status, apiCode } = failed
  const failureClass = status === 403 && failed.isAboutKey ? 'unauthorized' : classOfStatus(status)
  const said = [apiCode, failed.message].filter((part) => part !== null).join(': ')
  const advice =
    status >= 300 && status < 400
      ? `; redirects are not followed, set COORD_URL to where it points (${failed.location ?? 'no Location'})`
      : ''
  return new CoordinatorFailure(`${call}: HTTP ${status}${said === '' ? '' : ` ${said}`}${advice}`, {
    failureClass,
    status,
    apiCode,
    retryAfterMs: retryAfterMs(failed.retryAfter, failed.dateMs ?? nowMs, MAX_RETRY_AFTER_MS),
  })
}

function classOfStatus(status: number): FailureClass {
  switch (status) {
    case 401:
      return 'unauthorized'
    case 404:
    case 405:
    case 501:
      return 'missing'
    case 408:
    case 425:
    case 429:
    case 502:
    case 503:
    case 504:
      return 'overloaded'
    default:
      return 'rejected'
  }
}

const UNTRUSTED =
  'the TLS certificate comes from an authority that is not trusted here (if it is right, name a file with its certificate in COORD_CA_FILE)'

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused (is the coordinator running at COORD_URL?)',
  ENOTFOUND: 'host name not found (check COORD_URL and DNS)',
  EAI_AGAIN: 'host name cannot be looked up now (check DNS)',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped half-way',
  UND_ERR_HEADERS_OVERFLOW: 'the head of the answer is too large to be a coordinator’s',
  UND_ERR_SOCKET: 'connection closed before the answer was complete',
  CERT_HAS_EXPIRED: 'the TLS certificate has expired (have it renewed, unless the clock of this machine is wrong: timedatectl)',
  CERT_NOT_YET_VALID: 'the TLS certificate is not valid yet (is the clock of this machine right? timedatectl)',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the TLS certificate is self-signed (if it is right, name a file with it in COORD_CA_FILE)',
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: 'the TLS certificate is for another host (set COORD_URL to a name that it is for)',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the answer is no TLS (check protocol and port of COORD_URL)',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
    'the other side speaks no HTTP/1.1 (let it, or the proxy before it, offer that beside HTTP/2)',
  EPROTO: 'TLS could not be agreed on (check protocol and port of COORD_URL)',
  EMFILE: 'the miner has no file descriptors left (LimitNOFILE of its service, or ulimit -n)',
  ENFILE: 'this machine has no file descriptors left',
}

function describeTransportError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  const code = errorCode(error)
  if (code !== null && SENTENCES[code] !== undefined) return SENTENCES[code]
  if (code?.startsWith('HPE_') === true) return `what answers there does not speak HTTP (${code})`
  // A connection tried over several addresses fails with an aggregate that has no message of its own.
  if (error instanceof AggregateError && error.errors.length > 0) return describeTransportError(error.errors[0])
  return code === null ? error.message : `${error.message} (${code})`
}
