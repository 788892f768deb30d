import { join } from 'node:path'
import type { MinerConfig } from '../config/miner-config.ts'
import type { SandboxSettings } from '../engine/sandbox/sandboxed-command.ts'
import type { CatalogueModel } from '../models/catalogue.ts'

/** Where engines find and leave files. */
export interface EngineFolders {
  /** The model store. */
  readonly modelDir: string
  readonly catalogue: readonly CatalogueModel[]
  /** The folder in which jobs have theirs. */
  readonly workRoot: string
  /** For what drivers compile and want to find again. */
  readonly cacheDir: string
}

/** What engines may touch, by the configuration; null where the operator has switched that off. */
export function engineSandbox(
  { engineSandbox: mode, maxOutputBytes }: Pick<MinerConfig, 'engineSandbox' | 'maxOutputBytes'>,
  { modelDir, catalogue, workRoot, cacheDir }: EngineFolders,
): SandboxSettings | null {
  if (mode === 'off') return null
  const local = catalogue.flatMap(({ files }) => files).flatMap(({ place }) => (place.kind === 'local' ? [place.path] : []))
  // Whole models alone: half of a download is nobody's business.
  return {
    isRequired: mode === 'required',
    read: [join(modelDir, 'models'), ...local],
    workRoot,
    cacheDir,
    maxFileBytes: maxOutputBytes,
  }
}
