import { createHash } from 'node:crypto'
import { MAX_INLINE_OUTPUT_BYTES } from '../../src/protocol/proof.ts'
import type { WireProofOutput } from '../../src/protocol/proof.ts'
import { ApiError } from '../api-error.ts'

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The bytes of an output inside its proof, checked for encoding, size and length; null when it carries none. */
export function decodeInlineOutput(output: WireProofOutput): Buffer | null {
  const { inline } = output
  if (inline === null || inline === undefined) return null
  if (inline.encoding === 'base64' && !BASE64.test(inline.data)) {
    throw new ApiError('INVALID_PAYLOAD', 'output.inline.data: not base64', { field: 'output.inline.data' })
  }
  const bytes = Buffer.from(inline.data, inline.encoding)
  if (bytes.length > MAX_INLINE_OUTPUT_BYTES) {
    throw new ApiError('PAYLOAD_TOO_LARGE', `an inline output has at most ${MAX_INLINE_OUTPUT_BYTES} bytes: upload this one`, {
      field: 'output.inline',
      bytes: bytes.length,
    })
  }
  if (bytes.length !== output.bytes) {
    throw new ApiError('INVALID_PAYLOAD', `output.bytes: says ${output.bytes}, and the inline output has ${bytes.length}`, {
      field: 'output.bytes',
    })
  }
  return bytes
}

/** Lower-case hex sha256. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
