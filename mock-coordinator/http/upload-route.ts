import { createHash } from 'node:crypto'
import type { RequestHandler } from 'express'
import { MediaTypeSchema } from '../../src/protocol/primitives.ts'
import { ApiError } from '../api-error.ts'
import { authenticate, authorize } from '../auth/authenticate.ts'
import type { Identity } from '../auth/key-ring.ts'
import { findJob, judgeClaim, leaseLost } from '../desk/claim.ts'
import { maxOutputBytesOf } from '../desk/job-document.ts'
import { validate } from '../validate.ts'
import { readSha256Digest } from './content-digest.ts'
import type { Context } from './context.ts'
import { pathId } from './json-route.ts'
import { readBody } from './read-body.ts'
import { sendJson } from './respond.ts'

/** Takes the bytes of an output under the caller's lease, checked against `Content-Digest`. */
export function uploadRoute(context: Context): RequestHandler {
  const { store, settings } = context
  return async (request, response) => {
    const identity = authenticate(request, context.keys)
    authorize(identity, ['miner'])
    const id = pathId(request)
    requireLease(context, identity, id)
    const mediaType = validate(MediaTypeSchema, request.headers['content-type'] ?? 'application/octet-stream')
    const expected = readSha256Digest(request.headers['content-digest'])
    const ownLimit = maxOutputBytesOf(findJob(store, id)) ?? settings.maxOutputBytes
    const bytes = await readBody(request, Math.min(ownLimit, settings.maxOutputBytes))

    const actual = createHash('sha256').update(bytes).digest()
    if (!actual.equals(expected)) {
      throw new ApiError('DIGEST_MISMATCH', `the body hashes to ${actual.toString('hex')}, and Content-Digest says otherwise`, {
        actual: actual.toString('hex'),
      })
    }
    const sha256 = actual.toString('hex')
    store.transact('upload', () => {
      // Once more: the lease may have gone while the bytes came in.
      const leaseId = requireLease(context, identity, id)
      store.outputs.put(id, { lease_id: leaseId, media_type: mediaType, sha256 }, bytes)
    })
    sendJson(response, 201, { id, sha256, bytes: bytes.length })
  }
}

function requireLease(context: Context, identity: Identity, id: string): string {
  const job = findJob(context.store, id)
  const standing = judgeClaim(context.store, job, { identity, minerId: identity.minerId, leaseId: null, attempt: null })
  if (standing.kind !== 'holder') throw leaseLost(job)
  return standing.leaseId
}
