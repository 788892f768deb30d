import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../../domain/error-code.ts'
import { StoreFolder } from '../../models/store-folder.ts'
import type { Check } from './check.ts'
import { good, skipped, warning } from './finding.ts'
import type { Finding } from './finding.ts'
import { reasonOf } from './system-error.ts'

/** Whether the files of fetched models are all there, and as long as they were; `models verify` hashes them. */
export const MODEL_CHECK: Check = {
  id: 'models',
  name: 'model store',
  needs: ['catalogue'],
  limitMs: 30_000,
  run: async ({ config: { modelDir }, viewpoint }) => {
    let names: string[] = []
    try {
      names = readdirSync(join(modelDir, 'models'))
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') return [skipped(`${viewpoint.user} cannot read ${modelDir}: ${reasonOf(error)}`)]
    }
    const folder = new StoreFolder(modelDir)
    return names.length === 0 ? [good(`${modelDir}: nothing fetched yet`)] : judge(folder, names)
  },
}

function judge(folder: StoreFolder, names: readonly string[]): readonly Finding[] {
  const stored = folder.list()
  const unreadable = names.filter((name) => !stored.some(({ sha256 }) => sha256 === name))
  const broken = stored.flatMap((model) => {
    const wrong = model.files.find(({ path, bytes }) => sizeOf(folder.filePath(model.sha256, path)) !== bytes)
    return wrong === undefined ? [] : [{ name: model.name, sha256: model.sha256, file: wrong.path }]
  })
  const gib = stored.reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 30
  const whole = stored.length - broken.length
  return [
    ...(whole === 0 ? [] : [good(`${whole} models fetched and whole, ${gib.toFixed(1)} GiB in all`)]),
    ...broken.map(({ name, sha256, file }) =>
      warning(
        `${name}: the file ${file} is missing or cut`,
        `aitbc-miner models rm ${sha256}; it is fetched again when a job needs it`,
      ),
    ),
    ...unreadable.map((name) => warning(`the model ${name} has no readable manifest`, `aitbc-miner models rm ${name}`)),
  ]
}

/** Null when it is not there. */
function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null
}
