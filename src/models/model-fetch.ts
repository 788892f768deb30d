import { JobFailureError } from '../domain/failure-codes.ts'
import type { ModelFormat } from '../domain/models.ts'
import { onDisk } from './disk-failure.ts'
import { MissingFileError } from './download.ts'
import type { FileFetcher } from './file-fetcher.ts'
import { FinishedFiles } from './finished-files.ts'
import { modelHash } from './listing-hash.ts'
import type { WantedRoom } from './wanted-room.ts'
import { firstFileName, furtherFiles } from './model-layout.ts'
import { externalDataFiles } from './onnx-external-data.ts'
import { forgetDownload } from './resume.ts'
import { siblingUri, withoutQuery } from './source-uri.ts'
import type { Manifest, StoreFolder } from './store-folder.ts'

/** A model to be fetched. */
export interface WantedModel {
  readonly name: string
  readonly workload: string
  readonly format: ModelFormat
  readonly sha256: string
  /** All files together; null when nobody said. */
  readonly bytes: number | null
  /** The file to load, or the folder's `model_index.json`. */
  readonly uri: string
  /** Files that are known beforehand, the first one first; null to find them by looking at it. */
  readonly files: readonly WantedFile[] | null
}

export interface WantedFile {
  readonly path: string
  readonly uri: string
  readonly sha256: string | null
  readonly bytes: number | null
  readonly isOptional: boolean
}

export interface ModelFetchDeps {
  readonly folder: StoreFolder
  readonly fetcher: FileFetcher
  /** Asked for room for the whole model before it grows so far; rejects where there is none. */
  readonly reserve: (room: WantedRoom) => Promise<void>
  readonly signal: AbortSignal
  readonly onBytes: (received: number, total: number | null) => void
}

/** What has come is not the model that was asked for; nothing of it is kept. */
class WrongModelError extends JobFailureError {}

/**
 * Fetches all files of a model, checks them against its hash, and puts it into the store. Rejects with `E_INPUT` or `E_DENY`, or with
 * the signal's reason: what has come by then is gone on with the next time. For one fetch of a model at a time.
 */
export async function fetchModel(wanted: WantedModel, deps: ModelFetchDeps): Promise<Manifest> {
  const { folder } = deps
  const { name, sha256, uri } = wanted
  const begin = (): Promise<boolean> => onDisk(name, () => folder.partials.begin(sha256, withoutQuery(uri)))
  try {
    const isResumed = await begin()
    try {
      return await fetchFiles(wanted, deps)
    } catch (error) {
      // Perhaps only what an earlier try had left was wrong.
      if (!isResumed || !(error instanceof WrongModelError)) throw error
    }
    await begin()
    return await fetchFiles(wanted, deps)
  } catch (error) {
    if (folder.partials.bytesOf(sha256) === 0) await folder.partials.forget(sha256)
    throw error
  }
}

async function fetchFiles(wanted: WantedModel, deps: ModelFetchDeps): Promise<Manifest> {
  const { folder } = deps
  const first = wanted.files?.[0] ?? firstOf(wanted)
  const queue: WantedFile[] = [first, ...(wanted.files?.slice(1) ?? [])]
  const known = new Set(queue.map(({ path }) => path))
  const files: Manifest['files'][number][] = []
  let before = 0
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const { path } = file
    const toPath = await onDisk(path, () => folder.partials.path(wanted.sha256, path))
    const done = await fetchFile(file, toPath, before, wanted, deps)
    if (done === null) continue
    before += done.bytes
    files.push({ path: file.path, ...done })
    for (const more of await moreFiles(file, toPath, wanted, first).catch((error: unknown) => refuse(wanted, deps, error))) {
      if (!known.has(more.path)) queue.push(more)
      known.add(more.path)
    }
  }
  if (wanted.bytes !== null && before !== wanted.bytes) {
    return refuse(wanted, deps, `model ${wanted.name} has ${before} bytes, not ${wanted.bytes}`)
  }
  const found = modelHash(files)
  if (found !== wanted.sha256) {
    const which = files.length === 1 ? '' : ` of the listing of its ${files.length} files`
    return refuse(wanted, deps, `model ${wanted.name} has the sha256 ${found}${which}, not ${wanted.sha256}`)
  }
  const { name, workload, format, sha256 } = wanted
  const manifest = { name, workload, format, uri: withoutQuery(wanted.uri), sha256, files }
  await onDisk(name, () => folder.admit(manifest))
  return manifest
}

/** For a message, or for what was found wrong with a file: kept, it would be found wrong each time. */
async function refuse({ sha256 }: WantedModel, { folder }: ModelFetchDeps, why: unknown): Promise<never> {
  if (typeof why !== 'string' && !(why instanceof JobFailureError)) throw why
  await folder.partials.forget(sha256)
  throw typeof why === 'string'
    ? new WrongModelError('E_INPUT', why)
    : new WrongModelError(why.failure.code, why.message, { cause: why })
}

function firstOf({ uri, format }: WantedModel): WantedFile {
  return { path: firstFileName(uri, format), uri, sha256: null, bytes: null, isOptional: false }
}

async function fetchFile(
  file: WantedFile,
  toPath: string,
  before: number,
  wanted: WantedModel,
  { folder, fetcher, reserve, signal, onBytes }: ModelFetchDeps,
): Promise<{ sha256: string; bytes: number } | null> {
  const finished = new FinishedFiles(folder.partials.finishedPath(wanted.sha256))
  const earlier = await finished.find(file.path, toPath, signal)
  if (earlier !== null) return earlier
  try {
    const done = await fetcher.fetch({
      ...file,
      toPath,
      maxBytes: (wanted.bytes ?? Number.MAX_SAFE_INTEGER) - before,
      reserve: ({ wholeBytes, nextBytes }) =>
        reserve({ wholeBytes: Math.max(before + wholeBytes, wanted.bytes ?? 0), nextBytes: before + nextBytes }),
      signal,
      onBytes: (received, total) => onBytes(before + received, wanted.bytes ?? (total === null ? null : before + total)),
    })
    await onDisk(toPath, () => finished.add(file.path, done))
    return done
  } catch (error) {
    // What is not there at the source and need not be: the hash of the whole tells whether that is right.
    if (!file.isOptional || !(error instanceof MissingFileError)) throw error
    await forgetDownload(toPath)
    return null
  }
}

/** Files that one that has come tells of; those of a catalogue are complete as they are. */
async function moreFiles(file: WantedFile, path: string, wanted: WantedModel, first: WantedFile): Promise<readonly WantedFile[]> {
  if (wanted.files !== null) return []
  if (file === first) {
    const further = await furtherFiles(wanted.format, file.path, path, wanted.name)
    return further.map((more) => ({ ...more, uri: siblingUri(wanted.uri, more.path), sha256: null, bytes: null }))
  }
  if (!file.path.endsWith('.onnx')) return []
  const beside = file.path.replace(/[^/]*$/, '')
  return (await externalDataFiles(path)).map((location) => ({
    path: `${beside}${location}`,
    uri: siblingUri(wanted.uri, `${beside}${location}`),
    sha256: null,
    bytes: null,
    isOptional: false,
  }))
}
