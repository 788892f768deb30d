import { JobFailureError } from '../domain/failure-codes.ts'
import type { HeldModel, ListedModel, ModelFiles, ModelRequest, ModelSource } from '../domain/models.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import type { CatalogueModel } from './catalogue.ts'
import { chooseModel } from './choose-model.ts'
import { inTurn } from './fetch-turn.ts'
import type { FileFetcher } from './file-fetcher.ts'
import { LocalModels, isLocal } from './local-model.ts'
import { fetchModel } from './model-fetch.ts'
import type { WantedModel } from './model-fetch.ts'
import { SharedWork } from './shared-work.ts'
import type { StoreFolder, StoredModel } from './store-folder.ts'
import { makeRoom } from './make-room.ts'
import type { WantedRoom } from './wanted-room.ts'

export interface ModelStoreDeps {
  readonly catalogue: readonly CatalogueModel[]
  readonly folder: StoreFolder
  /** For what jobs name, and for what the operator's catalogue names. */
  readonly jobFetcher: FileFetcher
  readonly operatorFetcher: FileFetcher
  /** Null for no limit. */
  readonly quotaBytes: number | null
  /** Of the disk; null when that cannot be told. */
  readonly freeBytes: () => Promise<number | null>
  readonly clock: Clock
  readonly logger: Logger
}

/** Finds the models of jobs in the catalogues, in the store, or at the address that they name. */
export class ModelStore implements ModelSource {
  readonly #deps: ModelStoreDeps
  readonly #local = new LocalModels()
  readonly #downloads = new SharedWork<string, StoredModel>()
  readonly #holds = new Map<string, number>()
  /** Room is made for one at a time: what is there is not promised twice. */
  #roomMade: Promise<void> = Promise.resolve()

  constructor(deps: ModelStoreDeps) {
    this.#deps = deps
  }

  list(): readonly ListedModel[] {
    const { catalogue, folder } = this.#deps
    const stored = folder.list()
    const here = catalogue.filter((model) => isLocal(model) || stored.some(({ sha256 }) => sha256 === model.sha256))
    const rest = stored.filter(({ sha256 }) => !here.some((model) => model.sha256 === sha256))
    return [...here, ...rest].map(({ name, sha256, workload }) => ({ name, sha256, workload }))
  }

  async acquire(request: ModelRequest, signal: AbortSignal): Promise<HeldModel> {
    const { catalogue, folder } = this.#deps
    const choice = chooseModel(request, catalogue, folder)
    if (choice.kind === 'local') {
      checkBytes(request, choice.model)
      return { ...(await this.#local.resolve(choice.model)), release: () => {} }
    }
    const { wanted, facts } = choice
    // Held before it is looked for: from here on nobody removes it.
    const release = this.#hold(wanted.sha256)
    try {
      // Who names another source does not share its failure.
      const key = `${wanted.sha256} ${choice.isOperators} ${wanted.uri}`
      const stored =
        folder.find(wanted.sha256) ??
        (await this.#downloads.join(key, { signal, onProgress: request.onProgress }, (shared) =>
          this.#fetch(wanted, choice.isOperators, shared.signal, shared.onProgress),
        ))
      if (stored.format !== wanted.format) {
        throw new JobFailureError(
          'E_INPUT',
          `model ${wanted.name} is of the kind ${stored.format}, and ${request.workload} needs ${wanted.format}`,
        )
      }
      checkBytes(request, stored)
      folder.touch(wanted.sha256)
      return { ...toFiles(stored, wanted.name), ...facts, release }
    } catch (error) {
      release()
      throw error
    }
  }

  async #fetch(
    wanted: WantedModel,
    isOperators: boolean,
    signal: AbortSignal,
    onBytes: (received: number, total: number | null) => void,
  ): Promise<StoredModel> {
    const { folder, jobFetcher, operatorFetcher, clock, logger } = this.#deps
    const { sha256 } = wanted
    const onWait = (): void => onBytes(folder.partials.bytesOf(sha256), wanted.bytes)
    return inTurn({ claims: folder.claims, sha256, clock, signal, onWait }, async () => {
      const here = folder.find(sha256)
      if (here !== null) return here
      const facts = { model: wanted.name, sha256 }
      logger.info('fetching a model', { ...facts, bytes: wanted.bytes })
      const fetcher = isOperators ? operatorFetcher : jobFetcher
      const reserve = (room: WantedRoom): Promise<void> => this.#reserve(wanted, room)
      await reserve({ wholeBytes: wanted.bytes ?? 0, nextBytes: 0 })
      const { files } = await fetchModel(wanted, { folder, fetcher, reserve, signal, onBytes })
      const stored = folder.find(sha256)
      if (stored === null)
        throw new JobFailureError('E_INPUT', `model ${wanted.name} vanished from the store as soon as it had come`)
      logger.info('model fetched', { ...facts, bytes: stored.bytes, files: files.length })
      return stored
    })
  }

  #reserve(wanted: WantedModel, room: WantedRoom): Promise<void> {
    const made = this.#roomMade.then(async () => {
      await makeRoom({ ...this.#deps, wanted, room })
      this.#deps.folder.claims.promise(wanted.sha256, room.wholeBytes)
    })
    this.#roomMade = made.catch(() => {})
    return made
  }

  /** The first to hold it tells other processes, the last to let go takes that back. */
  #hold(sha256: string): () => void {
    const { folder } = this.#deps
    const count = this.#holds.get(sha256) ?? 0
    if (count === 0) folder.hold(sha256)
    this.#holds.set(sha256, count + 1)
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      const left = (this.#holds.get(sha256) ?? 1) - 1
      if (left > 0) this.#holds.set(sha256, left)
      else {
        this.#holds.delete(sha256)
        folder.letGo(sha256)
      }
    }
  }
}

function checkBytes({ model }: ModelRequest, { name, bytes }: Pick<ModelFiles, 'name' | 'bytes'>): void {
  const asked = model?.bytes ?? bytes
  if (asked !== bytes) throw new JobFailureError('E_INPUT', `model ${name} has ${bytes} bytes, not ${asked}`)
}

function toFiles(stored: StoredModel, name: string): ModelFiles {
  const { sha256, format, path, bytes } = stored
  return { name, sha256, format, path, bytes, contextTokens: null, memoryMb: null }
}
