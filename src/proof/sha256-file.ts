import { createHash } from 'node:crypto'
import { constants, open } from 'node:fs/promises'

const CHUNK_BYTES = 256 * 1024

/**
 * Hashes a file: lower-case hex and the number of bytes hashed. A link or anything but a regular file is refused, since
 * the path may lie in a folder that a job wrote to. Rejects with the error of the system.
 */
export async function sha256File(path: string): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (!(await file.stat()).isFile()) throw new Error(`cannot hash ${path}: it is not a regular file`)
    const hash = createHash('sha256')
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    let sizeBytes = 0
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, null)
      if (bytesRead === 0) break
      hash.update(chunk.subarray(0, bytesRead))
      sizeBytes += bytesRead
    }
    return { sha256: hash.digest('hex'), sizeBytes }
  } finally {
    await file.close()
  }
}
