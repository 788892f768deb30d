import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readlink, realpath } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { sep } from 'node:path'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { JobOutput } from '../domain/outcome.ts'
import type { DoneMessage } from './messages.ts'
import { checkOutputSize } from './output-size.ts'
import type { OutputRules } from './output-size.ts'

/**
 * Takes over what a child hands out; hash and size are taken from the bytes here. Throws `E_OUTPUT` for too many bytes,
 * `E_ENGINE` for a path that is no plain file of the job's own folder.
 */
export async function collectOutput(done: DoneMessage, rules: OutputRules): Promise<JobOutput> {
  const { mediaType, output } = done
  if (output.kind === 'inline') {
    const data = Buffer.from(output.base64, 'base64')
    checkOutputSize(data.length, rules)
    return {
      mediaType,
      sizeBytes: data.length,
      sha256: createHash('sha256').update(data).digest('hex'),
      bytes: { kind: 'memory', data },
    }
  }
  return { mediaType, ...(await measureFile(output.path, rules)), bytes: { kind: 'file', path: output.path } }
}

async function measureFile(path: string, rules: OutputRules): Promise<{ sha256: string; sizeBytes: number }> {
  try {
    const folder = (await realpath(rules.workDir)) + sep
    // A pipe without a writer would be waited for without end.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      // Where that lies which was opened, whatever was moved in between.
      if (!(await readlink(`/proc/self/fd/${file.fd}`)).startsWith(folder)) throw new Error('it lies outside the job folder')
      return await measure(file, rules)
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (cause instanceof JobFailureError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new JobFailureError('E_ENGINE', `the engine's output file cannot be taken over: ${reason}`, { cause })
  }
}

async function measure(file: FileHandle, rules: OutputRules): Promise<{ sha256: string; sizeBytes: number }> {
  const before = await file.stat()
  if (!before.isFile()) throw new Error('it is no plain file')
  if (before.nlink !== 1) throw new Error(`it has ${before.nlink} names`)
  checkOutputSize(before.size, rules)
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of file.createReadStream({ autoClose: false })) {
    const bytes: unknown = chunk
    if (!(bytes instanceof Uint8Array)) throw new TypeError('it was not read as bytes')
    hash.update(bytes)
    sizeBytes += bytes.length
    // It may grow while it is read, and faster than that.
    checkOutputSize(sizeBytes, rules)
  }
  const after = await file.stat()
  if (after.mtimeMs !== before.mtimeMs || after.size !== sizeBytes) throw new Error('it changed while it was read')
  return { sha256: hash.digest('hex'), sizeBytes }
}
