import type { Gpu, GpuChange, GpuProblem } from '../domain/gpu.ts'
import type { LogAttributes, Logger } from '../domain/ports.ts'

/** Tells the operator about GPUs, each thing once. */
export class GpuLog {
  readonly #logger: Logger
  #told = ''

  constructor(logger: Logger) {
    this.#logger = logger
  }

  found(gpu: Gpu): void {
    if (!gpu.isUsable) this.#unusable(gpu)
    else if (gpu.vendor === 'software')
      this.#logger.debug('GPU in software found: used only if GPU_DEVICES names it', describe(gpu))
    else if (gpu.problem === null) this.#logger.info('GPU found', describe(gpu))
    else this.#logger.warn('GPU found, with a problem', describe(gpu))
  }

  changed({ kind, gpu }: GpuChange): void {
    if (kind === 'lost') this.#logger.error('GPU cannot be used any more', describe(gpu))
    else if (kind === 'recovered') this.#logger.info('GPU can be used again', describe(gpu))
    else this.found(gpu)
  }

  problems(problems: readonly GpuProblem[]): void {
    const told = problems.map(({ message }) => message).join('\n')
    if (told === this.#told) return
    this.#told = told
    for (const { code, message } of problems) this.#logger.warn('GPUs cannot be looked at', { problem: code, reason: message })
  }

  askingAgain({ code, message }: GpuProblem): void {
    this.#logger.warn('GPUs could not be looked at, asking again', { problem: code, reason: message })
  }

  /** Many a server has an integrated GPU that nobody means to use. */
  #unusable(gpu: Gpu): void {
    const isExpected = gpu.problem?.code === 'no-vulkan' || gpu.problem?.code === 'mig-parent'
    this.#logger[isExpected ? 'info' : 'warn']('GPU cannot be used', describe(gpu))
  }
}

function describe(gpu: Gpu): LogAttributes {
  return {
    gpu: gpu.index,
    name: gpu.name,
    uuid: gpu.uuid,
    pci: gpu.pciBusId,
    vram_mb: gpu.vramMb,
    driver: gpu.driver,
    ...(gpu.problem === null ? {} : { problem: gpu.problem.code, reason: gpu.problem.message }),
  }
}
