import { request } from 'undici/lib/api/index.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import { verifyingTls } from '../../coordinator/verifying-tls.ts'
import { headerText, headerTimeMs } from '../../domain/http-header.ts'
import type { Clock } from '../../domain/ports.ts'

/** What the coordinator said to a call without a key. */
export interface HealthAnswer {
  readonly status: number
  /** By its `Date` header, epoch milliseconds, to the second; null without one. */
  readonly serverMs: number | null
  /** Our own clock in the middle of the call. */
  readonly ourMs: number
  /** Where it wants to be asked instead. */
  readonly location: string | null
}

export interface AskHealthOptions {
  readonly baseUrl: URL
  /** PEM; null for the authorities that are trusted anyway. */
  readonly certificates: readonly string[] | null
  readonly userAgent: string
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Calls `GET /health`, which needs no key and changes nothing. Rejects with the error of the connection. */
export async function askHealth({ baseUrl, certificates, userAgent, clock, signal }: AskHealthOptions): Promise<HealthAnswer> {
  const pool = new Pool(baseUrl.origin, { connections: 1, allowH2: false, connect: verifyingTls(certificates) })
  try {
    const sentMs = clock.nowMs()
    const { statusCode, headers, body } = await request.call(pool, {
      method: 'GET',
      path: `${baseUrl.pathname.replace(/\/+$/, '')}/health`,
      headers: { 'user-agent': userAgent, accept: 'application/json' },
      signal,
    })
    const ourMs = (sentMs + clock.nowMs()) / 2
    body.on('error', () => {})
    body.destroy()
    const serverMs = headerTimeMs(headers['date'])
    return { status: statusCode, serverMs, ourMs, location: headerText(headers['location']) }
  } finally {
    await pool.destroy()
  }
}
