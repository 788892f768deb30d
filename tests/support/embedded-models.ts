import type { ModelSource } from '../../src/domain/models.ts'
import { readCatalogue } from '../../src/models/catalogue.ts'
import { FileFetcher } from '../../src/models/file-fetcher.ts'
import { ModelStore } from '../../src/models/model-store.ts'
import { SourcePolicy } from '../../src/models/source-policy.ts'
import { StoreFolder } from '../../src/models/store-folder.ts'
import { SystemClock } from '../../src/platform/system-clock.ts'
import { tempDir } from './temp-dir.ts'
import { CATALOGUE, SILENT } from './test-machine.ts'

const freeBytes = (): Promise<null> => Promise.resolve(null)

/** The models that come with the miner, and an empty store that goes with the test. */
export async function embeddedModels(): Promise<ModelSource> {
  const folder = new StoreFolder(tempDir())
  await folder.open()
  const policy = new SourcePolicy({ hosts: [], allowsPrivate: false })
  const fetcher = new FileFetcher({ policy, folders: [], hubToken: null, userAgent: 'test', clock: new SystemClock() })
  const catalogue = await readCatalogue(CATALOGUE)
  return new ModelStore({
    catalogue,
    folder,
    jobFetcher: fetcher,
    operatorFetcher: fetcher,
    quotaBytes: null,
    freeBytes,
    clock: new SystemClock(),
    logger: SILENT,
  })
}
