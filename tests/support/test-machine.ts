import { fileURLToPath } from 'node:url'
import type { Gpu } from '../../src/domain/gpu.ts'
import type { Logger } from '../../src/domain/ports.ts'
import type { EngineGpus } from '../../src/engine/engine-gpus.ts'

/** The bundled catalogue. */
export const CATALOGUE = fileURLToPath(new URL('../../models/catalogue.json', import.meta.url))

export const SILENT: Logger = { error() {}, warn() {}, info() {}, debug() {}, child: () => SILENT }

/** A machine with these cards, of which the driver tells nothing more. */
export function gpusOf(...gpus: readonly Gpu[]): EngineGpus {
  return { usable: () => gpus, freeVramMb: () => Promise.resolve(null) }
}

/** What an engine pool needs of a machine without cards and meters, and of an operator who allows much. */
export const PLAIN_MACHINE = {
  gpus: gpusOf(),
  energy: { start: () => ({ stop: () => null }) },
  deviceGflops: () => null,
  accelMode: 'cpu',
  threads: 1,
  contextTokens: null,
  ramMb: null,
  vramMb: null,
  rules: { maxPromptBytes: 2 ** 20, maxImagePixels: 2 ** 22, maxInputBytes: 2 ** 28 },
  enabledWorkloads: null,
} as const
