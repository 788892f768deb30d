import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ApiError } from '../api-error.ts'
import type { Identity } from '../auth/key-ring.ts'

/** Knows which idempotency keys are being answered right now. */
export class IdempotencyGuard {
  readonly #inFlight = new Set<string>()

  /** The scope of a request's key (key, caller, method and path), or null when it sends none; throws for an unusable key. */
  scopeOf(request: IncomingMessage, identity: Identity, path: string): string | null {
    const key = request.headers['idempotency-key']
    if (key === undefined) return null
    if (typeof key !== 'string' || key.length < 1 || key.length > 255) {
      throw new ApiError('INVALID_PAYLOAD', 'Idempotency-Key: must be 1 to 255 characters, best a UUID', {
        field: 'Idempotency-Key',
      })
    }
    return createHash('sha256')
      .update(`${identity.keyId}\n${request.method ?? ''}\n${path}\n${key}`)
      .digest('base64')
  }

  /** Throws `IDEMPOTENCY_IN_FLIGHT` when that key is being answered. */
  enter(scope: string): void {
    if (this.#inFlight.has(scope)) {
      throw new ApiError('IDEMPOTENCY_IN_FLIGHT', 'a request with this Idempotency-Key is being answered: try again')
    }
    this.#inFlight.add(scope)
  }

  leave(scope: string): void {
    this.#inFlight.delete(scope)
  }
}
