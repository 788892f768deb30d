import type { MinerConfig } from '../config/miner-config.ts'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { ModelFormat } from '../domain/models.ts'
import { parseSource } from '../models/source-uri.ts'
import { silentLogger } from '../platform/silent-logger.ts'
import { SystemClock } from '../platform/system-clock.ts'
import { sha256File } from '../proof/sha256-file.ts'
import { openModelStore } from './open-model-store.ts'

/** A model as `aitbc-miner models list` shows it; part of its stable JSON output. */
export interface ModelRow {
  readonly name: string
  readonly workload: string
  readonly format: ModelFormat
  readonly sha256: string
  readonly bytes: number
  readonly licence: string | null
  /** bundled: comes with the miner or lies where the catalogue says; fetched: in the store; known: can be fetched. */
  readonly state: 'bundled' | 'fetched' | 'known'
  readonly isInUse: boolean
  /** ISO 8601 UTC; null for what is not in the store. */
  readonly usedAt: string | null
}

export interface ModelCheck {
  readonly name: string
  /** Null when all files are as they should be. */
  readonly problem: string | null
}

/** What the operator's `models` commands do, on the same store as the running miner's. */
export class ModelManager {
  readonly #config: MinerConfig
  readonly #version: string

  constructor(config: MinerConfig, version: string) {
    this.#config = config
    this.#version = version
  }

  async list(): Promise<readonly ModelRow[]> {
    const { catalogue, folder } = await this.#open()
    const stored = new Map(folder.list().map((model) => [model.sha256, model]))
    const known = catalogue.map((model): ModelRow => {
      const found = stored.get(model.sha256)
      stored.delete(model.sha256)
      const isBundled = model.files.every(({ place }) => place.kind === 'local')
      const state = isBundled ? 'bundled' : found === undefined ? 'known' : 'fetched'
      const { name, workload, format, sha256, bytes, licence } = model
      const usedAt = found === undefined ? null : new Date(found.usedAtMs).toISOString()
      return { name, workload, format, sha256, bytes, licence, state, isInUse: folder.isHeld(sha256), usedAt }
    })
    const rest = [...stored.values()].map(({ name, workload, format, sha256, bytes, usedAtMs }): ModelRow => ({
      name,
      workload,
      format,
      sha256,
      bytes,
      licence: null,
      state: 'fetched' as const,
      isInUse: folder.isHeld(sha256),
      usedAt: new Date(usedAtMs).toISOString(),
    }))
    return [...known, ...rest]
  }

  /** Fetches a model of the catalogue, or the one at an address with its sha256. Rejects with a `JobFailureError` that says why not. */
  async pull(request: PullRequest): Promise<{ readonly name: string; readonly path: string; readonly bytes: number }> {
    const { models, catalogue } = await this.#open()
    const entry = catalogue.find(({ name }) => name === request.what)
    const isAddress = /^(?:https?|file|hf):/.test(request.what)
    if (entry === undefined && !isAddress) {
      throw new JobFailureError(
        'E_INPUT',
        `no model ${request.what} in the catalogues: name one of ${catalogue.map(({ name }) => name).join(', ')}, or an address with --sha256`,
      )
    }
    const sha256 = request.sha256?.toLowerCase() ?? null
    if (sha256 !== null && !/^[0-9a-f]{64}$/.test(sha256)) {
      throw new JobFailureError('E_INPUT', `--sha256 ${request.sha256} is no sha256: give its 64 hexadecimal digits`)
    }
    if (entry === undefined && sha256 === null) throw await withoutHash(request.what)
    const model = {
      name: entry?.name ?? null,
      uri: entry === undefined ? request.what : null,
      sha256: sha256 ?? entry?.sha256 ?? null,
      bytes: null,
    }
    const workload = entry?.workload ?? request.workload
    const { onProgress, signal } = request
    const held = await models.acquire({ workload, model, wanted: null, onProgress }, signal)
    held.release()
    return { name: held.name, path: held.path, bytes: held.bytes }
  }

  /** Hashes every file of these models again; of all when none is named. */
  async verify(names: readonly string[]): Promise<readonly ModelCheck[]> {
    const { models, catalogue, folder } = await this.#open()
    const isAsked = (model: Named): boolean => names.length === 0 || names.some((name) => isNamed(model, name, catalogue))
    const checks: ModelCheck[] = []
    for (const { name, sha256, files } of folder.list().filter(isAsked)) {
      const wrong = await firstWrong(files.map((file) => ({ ...file, place: folder.filePath(sha256, file.path) })))
      checks.push({ name, problem: wrong })
    }
    const bundled = catalogue.filter((model) => model.files.every(({ place }) => place.kind === 'local'))
    for (const { name, sha256, workload } of bundled.filter(isAsked)) {
      const request = { workload, model: { name, uri: null, sha256, bytes: null }, wanted: null, onProgress: () => {} }
      const problem = await models.acquire(request, new AbortController().signal).then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )
      checks.push({ name, problem })
    }
    for (const sha256 of folder.unreadable().filter((hash) => names.length === 0 || names.includes(hash))) {
      checks.push({ name: sha256, problem: 'what the store knows of it cannot be read: models prune removes it' })
    }
    const here = [...folder.list(), ...bundled]
    for (const name of names) {
      const isHere = here.some((model) => isNamed(model, name, catalogue)) || checks.some((check) => check.name === name)
      if (!isHere) checks.push({ name, problem: 'no such model here' })
    }
    return checks
  }

  /** Removes fetched models by name or sha256; tells of each whether it is gone. */
  async remove(
    what: readonly string[],
  ): Promise<readonly { readonly name: string; readonly outcome: 'removed' | 'in use' | 'not fetched' }[]> {
    const { folder, catalogue } = await this.#open()
    const results: { name: string; outcome: 'removed' | 'in use' | 'not fetched' }[] = []
    for (const name of what) {
      const found = folder.list().filter((model) => isNamed(model, name, catalogue))
      if (found.length === 0) results.push({ name, outcome: 'not fetched' })
      for (const { sha256 } of found) results.push({ name, outcome: (await folder.remove(sha256)) ? 'removed' : 'in use' })
    }
    return results
  }

  /** Removes unfinished downloads and what cannot be read, and all fetched models that are not in use where `all` is set. Returns what it freed, in bytes. */
  async prune(all: boolean): Promise<number> {
    const { folder } = await this.#open()
    let freed = (await folder.partials.forgetIdle()) + (await folder.forgetUnreadable())
    for (const { sha256, bytes } of all ? folder.list() : []) if (await folder.remove(sha256)) freed += bytes
    return freed
  }

  #open(): ReturnType<typeof openModelStore> {
    return openModelStore({
      config: this.#openConfig(),
      version: this.#version,
      clock: new SystemClock(),
      logger: silentLogger(),
    })
  }

  /** It is the operator who asks: any host by name, any file. */
  #openConfig(): MinerConfig {
    return { ...this.#config, modelHosts: ['*'], modelPaths: ['/'] }
  }
}

export interface PullRequest {
  /** Name in a catalogue, or address. */
  readonly what: string
  readonly sha256: string | null
  /** For an address: what the model is for. */
  readonly workload: string
  readonly onProgress: (received: number, total: number | null) => void
  readonly signal: AbortSignal
}

type Named = Pick<ModelRow, 'name' | 'sha256'>

/** By the name that it came with, by that in a catalogue, which the list shows, or by its hash. */
function isNamed({ name, sha256 }: Named, asked: string, catalogue: readonly Named[]): boolean {
  return name === asked || sha256 === asked || catalogue.some((entry) => entry.name === asked && entry.sha256 === sha256)
}

/** Says what to do about a missing `--sha256`, with the hash of a file on this machine. */
async function withoutHash(address: string): Promise<JobFailureError> {
  const source = parseSource(address)
  const found = source.kind === 'file' ? await sha256File(source.path).catch(() => null) : null
  const advice =
    found === null
      ? 'take it from where the model is published (docs/models.md tells how to make that of several files)'
      : `if it is that file alone and you trust it, --sha256 ${found.sha256}`
  return new JobFailureError('E_INPUT', `an address needs the --sha256 of the model: ${advice}`)
}

async function firstWrong(files: readonly { path: string; sha256: string; place: string }[]): Promise<string | null> {
  for (const { path, sha256, place } of files) {
    try {
      const found = await sha256File(place)
      if (found.sha256 !== sha256)
        return `${path} has the sha256 ${found.sha256}, not ${sha256}: remove the model and pull it again`
    } catch (error) {
      return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`
    }
  }
  return null
}
