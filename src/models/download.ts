import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { Clock } from '../domain/ports.ts'
import { guardedGet } from './guarded-request.ts'
import type { GuardedAnswer, GuardedRequest } from './guarded-request.ts'
import { onDisk } from './disk-failure.ts'
import { DownloadPace } from './download-pace.ts'
import type { WantedRoom } from './wanted-room.ts'
import {
  findResume,
  forgetDownload,
  forgetValidator,
  judgeAnswer,
  keepValidator,
  rangeHeaders,
  sizeOf,
  totalOf,
} from './resume.ts'
import type { Resume } from './resume.ts'

export interface Download extends GuardedRequest {
  /** Grows here; what is in it already is gone on with, when the server still has the same. */
  readonly toPath: string
  /** What the file must be; null for what nobody said. */
  readonly sha256: string | null
  readonly bytes: number | null
  readonly maxBytes: number
  /** Asked for room before the file grows so far; rejects where there is none. */
  readonly reserve?: ((room: WantedRoom) => Promise<void>) | undefined
  /** Where a token would be sent to: refusals from there tell of it. */
  readonly hubOrigin: string
  readonly onBytes: (received: number, total: number | null) => void
  readonly clock: Clock
}

export interface Downloaded {
  readonly sha256: string
  readonly bytes: number
}

/** Tries in a row that bring nothing; each one that gets further than all before begins the count anew. */
const MAX_FRUITLESS = 5
/** Room is asked for in such steps. */
const STEP_BYTES = 16 * 1024 * 1024
const FIRST_PAUSE_MS = 500
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

/** The server says that there is no such file, or that it is not to be had. */
export class MissingFileError extends JobFailureError {}

/** Object stores answer 403 for what is not there, to those who may not list what is. */
const MISSING: ReadonlySet<number> = new Set([403, 404, 410])

/** A try that may succeed when it is made again. */
class TransientError extends Error {}

/**
 * Fetches a file, going on where an earlier try ended, and hashes it as it comes. Rejects with `E_INPUT` when it cannot be had or is
 * not what was promised, `E_DENY` by the policy, the signal's reason when aborted; what has come so far then stays, but for wrong bytes.
 */
export async function download(job: Download): Promise<Downloaded> {
  let fruitless = 0
  let furthest = await sizeOf(job.toPath)
  const pace = new DownloadPace(job.clock)
  for (;;) {
    try {
      const done = await attempt(job, pace)
      await forgetValidator(job.toPath)
      return done
    } catch (error) {
      job.signal.throwIfAborted()
      const denied = failureIn(error)
      if (denied !== null) throw denied
      const size = await sizeOf(job.toPath)
      fruitless = size > furthest ? 1 : fruitless + 1
      furthest = Math.max(furthest, size)
      if (fruitless >= MAX_FRUITLESS) {
        const reason = error instanceof Error ? describe(error) : String(error)
        throw new JobFailureError('E_INPUT', `${shown(job.url)} could not be fetched: ${reason}`, { cause: error })
      }
      await job.clock.sleep(FIRST_PAUSE_MS * 2 ** (fruitless - 1), job.signal)
    }
  }
}

async function attempt(job: Download, pace: DownloadPace): Promise<Downloaded> {
  const resume = await findResume(job.toPath, job.signal)
  const answer = await guardedGet({ ...job, headers: { ...job.headers, ...rangeHeaders(resume) } })
  try {
    const brings = judgeAnswer(answer, resume)
    if (brings === 'gone') {
      await forgetDownload(job.toPath)
      throw new TransientError('the server no longer has the part that was asked for')
    }
    if (brings === 'whole' && resume !== null) return await finish(job, resume.hash, resume.bytes, resume)
    if (brings === 'anew') checkStatus(answer, job)
    return await receive(job, answer, { resume: brings === 'rest' ? resume : null, pace })
  } finally {
    await answer.close()
  }
}

async function receive(
  job: Download,
  answer: GuardedAnswer,
  { resume, pace }: { readonly resume: Resume | null; readonly pace: DownloadPace },
): Promise<Downloaded> {
  const { toPath, bytes, maxBytes } = job
  let received = resume?.bytes ?? 0
  const total = totalOf(answer, received) ?? bytes
  checkSize(job, total ?? 0, bytes)
  let reserved = Math.min(received + STEP_BYTES, total ?? received)
  await job.reserve?.({ wholeBytes: total ?? reserved, nextBytes: reserved })
  const hash = resume?.hash ?? createHash('sha256')
  const file = await onDisk(toPath, () => open(toPath, resume === null ? 'w' : 'a', 0o644))
  try {
    await onDisk(toPath, () => keepValidator(toPath, answer))
    pace.begin()
    for await (const chunk of answer.body) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('a body that is not bytes')
      received += chunk.length
      checkPace(job, pace, chunk.length)
      if (received > Math.min(maxBytes, bytes ?? maxBytes)) checkSize(job, received, bytes)
      if (received > reserved) {
        reserved = Math.max(received, Math.min(received + STEP_BYTES, total ?? Infinity))
        await job.reserve?.({ wholeBytes: Math.max(reserved, total ?? 0), nextBytes: reserved })
      }
      await onDisk(toPath, () => file.writeFile(chunk))
      hash.update(chunk)
      job.onBytes(received, total)
    }
    await onDisk(toPath, () => file.sync())
  } finally {
    await file.close()
  }
  if (total !== null && received < total) throw new TransientError(`it ended after ${received} of ${total} bytes`)
  return finish(job, hash, received, resume)
}

async function finish(job: Download, hash: Hash, received: number, resume: Resume | null): Promise<Downloaded> {
  const { bytes, sha256 } = job
  const found = hash.digest('hex')
  if (resume !== null && sha256 !== null && found !== sha256) {
    // Perhaps only what lay here was wrong: after a loss of power, or by a server that tells versions apart badly.
    await forgetDownload(job.toPath)
    throw new TransientError('what an earlier try left does not fit to the rest')
  }
  if (bytes !== null && received !== bytes) await refuse(job, `has ${received} bytes, not ${bytes}`)
  if (sha256 !== null && found !== sha256) await refuse(job, `has the sha256 ${found}, not ${sha256}`)
  return { sha256: found, bytes: received }
}

/** What came is wrong as a whole: nothing of it is worth keeping. */
async function refuse(job: Download, how: string): Promise<never> {
  await forgetDownload(job.toPath)
  throw new JobFailureError('E_INPUT', `${shown(job.url)} ${how}: it is not the file that was asked for`)
}

function checkSize({ url, maxBytes }: Download, size: number, bytes: number | null): void {
  if (bytes !== null && size > bytes)
    throw new JobFailureError('E_INPUT', `${shown(url)} has ${size} bytes or more, not ${bytes}`)
  if (size > maxBytes)
    throw new JobFailureError('E_INPUT', `${shown(url)} has ${size} bytes or more, and at most ${maxBytes} are taken`)
}

function checkPace({ url }: Download, pace: DownloadPace, bytes: number): void {
  if (pace.advance(bytes)) return
  throw new JobFailureError('E_INPUT', `${shown(url)} comes too slowly: less than 1 MiB in two minutes`)
}

function checkStatus({ status, headers, url }: GuardedAnswer, { token, hubOrigin }: Download): void {
  if (status === 200) {
    const encoding = headers['content-encoding']
    if (encoding === undefined || encoding === 'identity') return
    throw new JobFailureError('E_INPUT', `${shown(url)} comes encoded (${String(encoding)}), which was not asked for`)
  }
  if (TRANSIENT.has(status)) throw new TransientError(`the server answers ${status}`)
  const isHub = url.origin === hubOrigin
  const advice =
    status !== 401 && status !== 403
      ? ''
      : isHub
        ? `; the operator can set HF_TOKEN to a token that ${token === null ? 'may read it' : 'has been granted access'}`
        : '; it needs a permission that this miner does not have'
  const Refusal = MISSING.has(status) ? MissingFileError : JobFailureError
  throw new Refusal('E_INPUT', `${shown(url)} could not be fetched: the server answers ${status}${advice}`)
}

/** The policy's refusal comes through the library as the cause of its own error. */
function failureIn(error: unknown): JobFailureError | null {
  if (error instanceof JobFailureError) return error
  return error instanceof Error && error.cause !== undefined ? failureIn(error.cause) : null
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Without query and fragment, which may hold a signature. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname}`.slice(0, 300)
}
