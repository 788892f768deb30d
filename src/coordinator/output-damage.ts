import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { errorCode } from '../domain/error-code.ts'
import type { JobOutput } from '../domain/outcome.ts'

const GONE = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

/**
 * Why an output can never be sent: what was kept in a file is no longer what its proof names, e.g. because a cleaner was at work or the disk is
 * failing. To send it again and again would tell of a coordinator that does not answer. Null for one that is whole. Rejects with the
 * error of the system when the file cannot be read at present.
 */
export async function outputDamage({ bytes, sha256 }: JobOutput): Promise<string | null> {
  if (bytes.kind === 'memory') return null
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(bytes.path), hash)
  } catch (error) {
    if (GONE.has(errorCode(error) ?? '')) return 'its output file is gone from STATE_DIR'
    throw error
  }
  return hash.digest('hex') === sha256 ? null : `its output file in STATE_DIR was changed or is damaged (${bytes.path})`
}
