import type { Gpu } from '../domain/gpu.ts'

/** The GPUs as engines see them. */
export interface EngineGpus {
  /** Those that engines may be placed on now; they may come and go. */
  usable(): readonly Gpu[]
  /** In MiB; null when the driver does not tell. Never rejects. */
  freeVramMb(gpu: Gpu, signal: AbortSignal): Promise<number | null>
}
