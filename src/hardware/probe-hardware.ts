import os from 'node:os'
import type { Gpu } from '../domain/gpu.ts'

/** What this machine is, as far as it decides which jobs it can take. */
export interface Hardware {
  readonly cpu: { readonly model: string; readonly cores: number; readonly arch: string }
  /** Memory this process may use, in MiB: the machine's, or less where a control group sets less. */
  readonly ramMb: number
  /** By index; empty where nobody looked. */
  readonly gpus: readonly Gpu[]
}

/**
 * Asks the operating system; takes less than a millisecond and cannot fail. GPUs take longer to find: they are what
 * `GpuMonitor.probe` gave.
 */
export function probeHardware(gpus: readonly Gpu[] = []): Hardware {
  return {
    cpu: { model: cpuModel(), cores: os.availableParallelism(), arch: process.arch },
    ramMb: Math.floor(usableMemory(os.totalmem(), process.constrainedMemory()) / 2 ** 20),
    gpus,
  }
}

/** `limit` is 0 or beyond all bounds where there is no control group with one. */
export function usableMemory(totalBytes: number, limitBytes: number): number {
  return limitBytes > 0 ? Math.min(totalBytes, limitBytes) : totalBytes
}

/** Some ARM kernels name no model. */
function cpuModel(): string {
  const model = os.cpus()[0]?.model.trim() ?? ''
  return model === '' || model === 'unknown' ? `unknown ${process.arch}` : model
}
