import type { IncomingMessage } from 'node:http'
import type { Role } from '../../src/protocol/endpoints.ts'
import { ApiError } from '../api-error.ts'
import type { Identity, KeyRing } from './key-ring.ts'

/** Who calls without a key, where that is allowed. */
export const ANONYMOUS: Identity = { keyId: 'anonymous', role: null, wallet: null, minerId: null }

/** Reads the key from `Authorization: Bearer` or `X-Api-Key`; null when there is none. */
export function readKey(request: IncomingMessage): string | null {
  const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
  if (bearer !== undefined) return bearer
  const alias = request.headers['x-api-key']
  return typeof alias === 'string' && alias !== '' ? alias : null
}

/** Who is calling; throws `UNAUTHORIZED` without a valid key. */
export function authenticate(request: IncomingMessage, keys: KeyRing): Identity {
  const key = readKey(request)
  if (key === null) throw new ApiError('UNAUTHORIZED', 'no API key: send Authorization: Bearer <API_KEY>')
  const identity = keys.identify(key)
  if (identity === null) throw new ApiError('UNAUTHORIZED', 'unknown API key: use one that this coordinator issued')
  return identity
}

/** Throws `FORBIDDEN` unless the caller has one of the roles or is an admin. */
export function authorize(identity: Identity, roles: readonly Role[]): void {
  if (identity.role === null || identity.role === 'admin' || roles.includes(identity.role)) return
  throw new ApiError('FORBIDDEN', `this call is for the role ${roles.join(' or ')}, and the key has the role ${identity.role}`, {
    role: identity.role,
    allowed: roles,
  })
}
