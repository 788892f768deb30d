import { constants, gzipSync } from 'node:zlib'

/** Gzip without a name or a time, as small as it gets: one content gives the same bytes. */
export function compressed(content: string | Uint8Array): Uint8Array {
  return gzipSync(content, { level: constants.Z_BEST_COMPRESSION })
}
