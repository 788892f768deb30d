import { createHash } from 'node:crypto'
import type { Role } from '../../src/protocol/endpoints.ts'

/** An API key that strict mode takes. `wallet` and `minerId` tie it to one of each. */
export interface IssuedKey {
  readonly key: string
  readonly role: Role
  readonly wallet: string | null
  readonly minerId: string | null
}

/** Who is calling. */
export interface Identity {
  /** A fingerprint of the key, never the key. */
  readonly keyId: string
  /** Null may act in any role. */
  readonly role: Role | null
  readonly wallet: string | null
  readonly minerId: string | null
}

/** The keys that a coordinator knows, by their sha256. */
export interface KeyRing {
  /** Who the key belongs to, or null when it is not valid. */
  identify(key: string): Identity | null
}

/** Takes any key: each is an identity of its own that may act in any role. */
export class OpenKeyRing implements KeyRing {
  static readonly #MAX_CACHED = 10_000
  readonly #cache = new Map<string, Identity>()

  identify(key: string): Identity {
    const known = this.#cache.get(key)
    if (known !== undefined) return known
    const identity: Identity = { keyId: fingerprint(key), role: null, wallet: null, minerId: null }
    if (this.#cache.size >= OpenKeyRing.#MAX_CACHED) this.#cache.clear()
    this.#cache.set(key, identity)
    return identity
  }
}

/** Takes issued keys alone. */
export class IssuedKeyRing implements KeyRing {
  readonly #identities: ReadonlyMap<string, Identity>

  /** `records` are stored keys: their fingerprints, never the keys. */
  constructor(records: readonly Identity[]) {
    this.#identities = new Map(records.map((record) => [record.keyId, record]))
  }

  identify(key: string): Identity | null {
    return this.#identities.get(fingerprint(key)) ?? null
  }
}

/** The id that stands for a key in the database, in answers and in the log. */
export function fingerprint(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}
