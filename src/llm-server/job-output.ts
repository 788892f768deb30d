import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import canonicalize from 'canonicalize'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { JobOutput } from '../domain/outcome.ts'
import type { Generated } from './generation.ts'

/** Larger outputs do not travel in a proof, and wait in a file. */
const MAX_IN_MEMORY_BYTES = 64 * 1024

/** The output of `llm_gen`: canonical JSON with the text, its tokens and why it ended. Rejects with `E_OUTPUT` for too many bytes. */
export async function jobOutput(generated: Generated, workDir: string, maxOutputBytes: number): Promise<JobOutput> {
  const { finishReason, text, tokens } = generated
  const json = canonicalize({ finish_reason: finishReason, text: text.toWellFormed(), tokens })
  if (json === undefined) throw new TypeError('the output has no JSON form')
  const data = Buffer.from(json, 'utf8')
  if (data.length > maxOutputBytes) {
    throw new JobFailureError('E_OUTPUT', `the output has ${data.length} bytes, more than the limit of ${maxOutputBytes}`)
  }
  const measured = {
    mediaType: 'application/json',
    sizeBytes: data.length,
    sha256: createHash('sha256').update(data).digest('hex'),
  }
  if (data.length <= MAX_IN_MEMORY_BYTES) return { ...measured, bytes: { kind: 'memory', data } }
  const path = join(workDir, 'output.json')
  await writeFile(path, data, { flag: 'wx', mode: 0o600 })
  return { ...measured, bytes: { kind: 'file', path } }
}
