import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { PocPayload, WireProof } from '../../src/protocol/proof.ts'
import { ApiError } from '../api-error.ts'

const KEY_PREFIX = 'ed25519:'

/**
 * Checks a proof's `poc.signature`, when it has one; throws `BAD_SIGNATURE`.
 * `registeredKey` is the key that the miner registered with, which must then be the one that signs.
 */
export function checkPocSignature(proof: WireProof, registeredKey: string | null): void {
  const { poc } = proof
  if (poc === null || poc === undefined) return
  const keyText = stripPrefix(poc.public_key)
  if (registeredKey !== null && stripPrefix(registeredKey) !== keyText) {
    throw new ApiError('BAD_SIGNATURE', 'poc.public_key is not the key that this miner registered', { field: 'poc.public_key' })
  }
  const payload: PocPayload = {
    id: proof.id,
    lease_id: proof.lease_id ?? null,
    attempt: proof.attempt ?? null,
    output_sha: proof.output_sha,
    input_sha: poc.input_sha,
    env_sha: poc.env_sha,
    started_at: proof.started_at ?? null,
    finished_at: proof.finished_at ?? null,
  }
  const message = Buffer.from(canonicalize(payload) ?? '')
  if (!verify(null, message, readPublicKey(keyText), Buffer.from(poc.signature, 'base64url'))) {
    throw new ApiError('BAD_SIGNATURE', 'poc.signature does not fit the proof', { field: 'poc.signature' })
  }
}

function stripPrefix(key: string): string {
  return key.startsWith(KEY_PREFIX) ? key.slice(KEY_PREFIX.length) : key
}

function readPublicKey(keyText: string): KeyObject {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: keyText }, format: 'jwk' })
  } catch {
    throw new ApiError('BAD_SIGNATURE', 'poc.public_key is not an Ed25519 key in base64url', { field: 'poc.public_key' })
  }
}
