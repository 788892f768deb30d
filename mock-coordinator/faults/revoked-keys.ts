import { ApiError } from '../api-error.ts'

/** A key that is refused for now. */
export interface Revocation {
  readonly rule: string
  readonly status: 401 | 403
  /** Epoch milliseconds; null until the plan is replaced. */
  readonly untilMs: number | null
  /** Calls refused so far. */
  refused: number
}

/** The keys that a fault has revoked, by their fingerprints, until their time is over. */
export class RevokedKeys {
  readonly #byKeyId = new Map<string, Revocation>()

  revoke(keyId: string, revocation: Omit<Revocation, 'refused'>): void {
    this.#byKeyId.set(keyId, { ...revocation, refused: 0 })
  }

  /** The revocation that holds for a key now; null when it is as good as ever. */
  find(keyId: string, nowMs: number): Revocation | null {
    const revocation = this.#byKeyId.get(keyId)
    if (revocation === undefined) return null
    if (revocation.untilMs === null || nowMs < revocation.untilMs) return revocation
    this.#byKeyId.delete(keyId)
    return null
  }

  /** Those in force, by fingerprint. */
  all(nowMs: number): [string, Revocation][] {
    return [...this.#byKeyId].filter(([keyId]) => this.find(keyId, nowMs) !== null)
  }
}

/** How a revoked key is refused. */
export function revokedError(status: 401 | 403): ApiError {
  return status === 401
    ? new ApiError('UNAUTHORIZED', 'this API key was revoked')
    : new ApiError('FORBIDDEN', 'this API key may not do this any more')
}
