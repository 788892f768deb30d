import type { Clock } from '../domain/ports.ts'
import type { FetchClaims } from './fetch-claims.ts'

export interface FetchTurn {
  readonly claims: Pick<FetchClaims, 'claim' | 'unclaim'>
  readonly sha256: string
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told again and again while another is at it. */
  readonly onWait: () => void
}

const POLL_MS = 200

/**
 * Runs the work when nobody else fetches this model, in this process or another: two that write to one download would spoil it.
 * Rejects as the work does, or with the signal's reason.
 */
export async function inTurn<T>({ claims, sha256, clock, signal, onWait }: FetchTurn, work: () => Promise<T>): Promise<T> {
  while (!claims.claim(sha256)) {
    onWait()
    // Two that came at once both step back: they must not come again at once.
    await clock.sleep(POLL_MS + (process.pid % 100), signal)
    signal.throwIfAborted()
  }
  try {
    return await work()
  } finally {
    claims.unclaim(sha256)
  }
}
