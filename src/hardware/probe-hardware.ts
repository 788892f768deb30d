import os from 'node:os'

/** What this machine is, as far as it decides which jobs it can take. */
export interface Hardware {
  readonly cpu: { readonly model: string; readonly cores: number; readonly arch: string }
  /** Memory this process may use, in MiB: the machine's, or less where a control group sets less. */
  readonly ramMb: number
  /** Empty until GPUs are probed. */
  readonly gpus: readonly []
}

/** Asks the operating system; takes less than a millisecond and cannot fail. */
export function probeHardware(): Hardware {
  return {
    cpu: { model: cpuModel(), cores: os.availableParallelism(), arch: process.arch },
    ramMb: Math.floor(usableMemory(os.totalmem(), process.constrainedMemory()) / 2 ** 20),
    gpus: [],
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
