import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { HeldModel, ModelRequest } from '../../../src/domain/models.ts'
import type { Clock } from '../../../src/domain/ports.ts'
import type { CatalogueModel } from '../../../src/models/catalogue.ts'
import { FileFetcher } from '../../../src/models/file-fetcher.ts'
import type { FileFetcherDeps } from '../../../src/models/file-fetcher.ts'
import { ModelStore } from '../../../src/models/model-store.ts'
import { SourcePolicy } from '../../../src/models/source-policy.ts'
import { StoreFolder } from '../../../src/models/store-folder.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** Pauses end at once: nothing here waits for real time. */
export const impatientClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (_, signal) => (signal.aborted ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve))),
}

export function fetcher(options: Partial<FileFetcherDeps> = {}): FileFetcher {
  const policy = new SourcePolicy({ hosts: ['127.0.0.1'], allowsPrivate: true })
  return new FileFetcher({ policy, folders: [], hubToken: null, userAgent: 'test', clock: impatientClock, ...options })
}

export interface TestStore {
  readonly store: ModelStore
  readonly folder: StoreFolder
  readonly root: string
  readonly logger: RecordingLogger
}

export interface TestStoreOptions {
  readonly root?: string
  readonly catalogue?: readonly CatalogueModel[]
  readonly quotaBytes?: number
  readonly freeBytes?: number
  readonly fetch?: Partial<FileFetcherDeps>
}

export async function openStore(options: TestStoreOptions = {}): Promise<TestStore> {
  const { root = join(tempDir(), 'models'), catalogue = [], quotaBytes = null, freeBytes = null, fetch = {} } = options
  const folder = new StoreFolder(root)
  await folder.open()
  const logger = new RecordingLogger()
  const store = new ModelStore({
    catalogue,
    folder,
    jobFetcher: fetcher(fetch),
    operatorFetcher: fetcher({ folders: null, ...fetch }),
    quotaBytes,
    freeBytes: async () => freeBytes,
    clock: impatientClock,
    logger,
  })
  return { store, folder, root, logger }
}

export function asks(model: Partial<ModelRequest['model']>, workload = 'llm_gen'): ModelRequest {
  return { workload, model: { name: null, uri: null, sha256: null, bytes: null, ...model }, wanted: null, onProgress: () => {} }
}

export function acquire(store: ModelStore, request: ModelRequest, signal = new AbortController().signal): Promise<HeldModel> {
  return store.acquire(request, signal)
}

/** What the error of a rejected promise is to be matched with. */
export function failure(code: string, message: RegExp): object {
  const text: unknown = expect.stringMatching(message)
  return { failure: { code }, message: text }
}

/** The mark by which the store knows a process: its id and when it began. */
export function markOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return `${pid}-${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
}
