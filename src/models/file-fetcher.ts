import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { open, readlink, realpath, rm } from 'node:fs/promises'
import type { LookupFunction } from 'node:net'
import { sep } from 'node:path'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { Clock } from '../domain/ports.ts'
import { onDisk } from './disk-failure.ts'
import { MissingFileError, download } from './download.ts'
import type { Downloaded } from './download.ts'
import type { WantedRoom } from './wanted-room.ts'
import type { SourcePolicy } from './source-policy.ts'
import { parseSource } from './source-uri.ts'

export interface FileFetcherDeps {
  readonly policy: SourcePolicy
  /** Folders that `file:` URIs may lie in; null for anywhere, where the operator names the file. */
  readonly folders: readonly string[] | null
  /** For huggingface.co; null for none. */
  readonly hubToken: { reveal(): string } | null
  readonly userAgent: string
  readonly clock: Clock
  /** Where `hf:` leads. @default 'https://huggingface.co' */
  readonly hub?: string
  /** Looks names up; the system's by default. */
  readonly lookup?: LookupFunction
}

export interface FileRequest {
  readonly uri: string
  readonly toPath: string
  readonly sha256: string | null
  readonly bytes: number | null
  readonly maxBytes: number
  /** Asked for room for the file before it grows so far; rejects where there is none. */
  readonly reserve?: (room: WantedRoom) => Promise<void>
  /** True where the operator's token does not go along. */
  readonly isAnonymous?: boolean
  readonly signal: AbortSignal
  readonly onBytes: (received: number, total: number | null) => void
}

/** Brings one file from its URI to a path, hashed on the way. Rejects with `E_INPUT` or `E_DENY`, or the signal's reason. */
export class FileFetcher {
  readonly #deps: FileFetcherDeps

  constructor(deps: FileFetcherDeps) {
    this.#deps = deps
  }

  async fetch(request: FileRequest): Promise<Downloaded> {
    const { policy, hubToken, userAgent, clock, hub = 'https://huggingface.co', lookup } = this.#deps
    const source = parseSource(request.uri, hub)
    if (source.kind === 'file') return this.#copy(source.path, request)
    const token =
      hubToken === null || request.isAnonymous === true ? null : { origin: new URL(hub).origin, value: hubToken.reveal() }
    return download({
      ...request,
      url: source.url,
      policy,
      token,
      hubOrigin: new URL(hub).origin,
      headers: { 'user-agent': userAgent },
      clock,
      ...(lookup === undefined ? {} : { lookup }),
    })
  }

  async #copy(given: string, { toPath, sha256, bytes, maxBytes, reserve, signal, onBytes }: FileRequest): Promise<Downloaded> {
    const path = await this.#allowedPath(given)
    const from = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch((cause: unknown) => {
      throw new JobFailureError('E_INPUT', `${given} cannot be read: ${String(cause)}`, { cause })
    })
    try {
      // What was opened is what was allowed, whatever was moved in between.
      if ((await readlink(`/proc/self/fd/${from.fd}`)) !== path) throw outside(given)
      const stat = await from.stat()
      const { size } = stat
      if (!stat.isFile()) throw new JobFailureError('E_INPUT', `${given} is no plain file`)
      if (size > maxBytes) throw new JobFailureError('E_INPUT', `${given} has ${size} bytes, and at most ${maxBytes} are taken`)
      if (bytes !== null && size !== bytes) throw new JobFailureError('E_INPUT', `${given} has ${size} bytes, not ${bytes}`)
      await reserve?.({ wholeBytes: size, nextBytes: size })
      const hash = createHash('sha256')
      const to = await onDisk(toPath, () => open(toPath, 'w', 0o644))
      let received = 0
      try {
        for await (const chunk of createReadStream('', { fd: from.fd, autoClose: false, highWaterMark: 1024 * 1024 })) {
          signal.throwIfAborted()
          if (!(chunk instanceof Uint8Array)) throw new TypeError('a file that is not read as bytes')
          hash.update(chunk)
          received += chunk.length
          if (received > size) throw new JobFailureError('E_INPUT', `${given} grows while it is read`)
          await onDisk(toPath, () => to.writeFile(chunk))
          onBytes(received, size)
        }
        await onDisk(toPath, () => to.sync())
      } finally {
        await to.close()
      }
      const found = hash.digest('hex')
      if (sha256 !== null && found !== sha256) {
        await rm(toPath, { force: true })
        throw new JobFailureError('E_INPUT', `${given} has the sha256 ${found}, not ${sha256}`)
      }
      return { sha256: found, bytes: received }
    } finally {
      await from.close()
    }
  }

  /** With all links followed, so that none leads out of the folders that are allowed. */
  async #allowedPath(given: string): Promise<string> {
    const { folders } = this.#deps
    const real = await realpath(given).catch((cause: unknown) => {
      // Whether a file is there is told only for folders that jobs may see.
      if (folders !== null && !folders.some((folder) => isBelow(given, folder))) throw outside(given)
      throw new MissingFileError('E_INPUT', `${given} cannot be read: ${String(cause)}`, { cause })
    })
    if (folders === null) return real
    const allowed = await Promise.all(folders.map((folder) => realpath(folder).catch(() => null)))
    if (!allowed.some((folder) => folder !== null && isBelow(real, folder))) throw outside(given)
    return real
  }
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

function outside(path: string): JobFailureError {
  return new JobFailureError('E_DENY', `${path} does not lie in a folder that jobs may name files from (MODEL_PATHS)`)
}
