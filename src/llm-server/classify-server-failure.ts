import { errorCode } from '../domain/error-code.ts'
import type { ServerFailureKind } from './server-failure.ts'

const BUSY: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504])
const MISSING: ReadonlySet<number> = new Set([404, 405, 501])

const CONNECTION_FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name cannot be looked up now',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
  UND_ERR_SOCKET: 'connection closed before the answer was complete',
}

/** What the status of an answer means that is no success. */
export function kindOfStatus(status: number): ServerFailureKind {
  if (status >= 300 && status < 400) return 'redirect'
  if (status === 401 || status === 403) return 'unauthorized'
  if (MISSING.has(status)) return 'missing'
  if (BUSY.has(status)) return 'busy'
  return status >= 500 ? 'broken' : 'refused'
}

/** What broke a connection, without the address that the system names; null for an error that has nothing to do with one. */
export function connectionFault(error: unknown): string | null {
  // A connection tried over several addresses.
  if (error instanceof AggregateError && error.errors.length > 0) return connectionFault(error.errors[0])
  const code = errorCode(error)
  return code === null ? null : (CONNECTION_FAULTS[code] ?? `the connection failed (${code})`)
}
