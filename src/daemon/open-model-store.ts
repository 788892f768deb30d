import { statfs } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { MinerConfig } from '../config/miner-config.ts'
import { AitbcError } from '../domain/errors.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import { readCatalogues } from '../models/catalogue.ts'
import type { CatalogueModel } from '../models/catalogue.ts'
import { FileFetcher } from '../models/file-fetcher.ts'
import { InputFetcher } from '../models/input-fetcher.ts'
import { ModelStore } from '../models/model-store.ts'
import { SourcePolicy } from '../models/source-policy.ts'
import { StoreFolder } from '../models/store-folder.ts'

/** The list of models that come with the miner. */
export const BUNDLED_CATALOGUE = fileURLToPath(new URL('../../models/catalogue.json', import.meta.url))

export interface OpenModelStoreDeps {
  readonly config: Pick<
    MinerConfig,
    'modelDir' | 'modelQuotaBytes' | 'modelCatalogue' | 'modelHosts' | 'modelPaths' | 'allowPrivateHosts' | 'hfToken'
  >
  readonly version: string
  readonly clock: Clock
  readonly logger: Logger
}

export interface OpenModelStore {
  readonly models: ModelStore
  readonly inputs: InputFetcher
  readonly folder: StoreFolder
  readonly catalogue: readonly CatalogueModel[]
}

/** Puts the model store together. Rejects with `AITBC_CONFIG` for a broken catalogue, `AITBC_STATE_DIR` for a folder that cannot be made. */
export async function openModelStore({ config, version, clock, logger }: OpenModelStoreDeps): Promise<OpenModelStore> {
  const catalogue = await readCatalogues(BUNDLED_CATALOGUE, config.modelCatalogue)
  const folder = new StoreFolder(config.modelDir)
  await folder.open().catch((cause: unknown) => {
    const advice = 'make it writable for the user that the miner runs as, or set MODEL_DIR'
    throw new AitbcError(
      'AITBC_STATE_DIR',
      `the folder of models ${config.modelDir} cannot be used: ${String(cause)}; ${advice}`,
      { cause },
    )
  })
  const policy = new SourcePolicy({ hosts: config.modelHosts, allowsPrivate: config.allowPrivateHosts })
  const shared = { hubToken: config.hfToken, userAgent: `aitbc-miner/${version}`, clock }
  const jobFetcher = new FileFetcher({ ...shared, policy, folders: config.modelPaths })
  const operatorFetcher = new FileFetcher({ ...shared, policy: policy.forOperator(), folders: null })
  const freeBytes = async (): Promise<number | null> => {
    const disk = await statfs(config.modelDir).catch(() => null)
    return disk === null ? null : disk.bavail * disk.bsize
  }
  const models = new ModelStore({
    catalogue,
    folder,
    jobFetcher,
    operatorFetcher,
    quotaBytes: config.modelQuotaBytes,
    freeBytes,
    clock,
    logger,
  })
  return { models, inputs: new InputFetcher(jobFetcher), folder, catalogue }
}
