import type { Gpu, GpuProblem } from '../domain/gpu.ts'

/** A GPU as one look at the machine found it, before it has a number. */
export interface FoundGpu extends Omit<Gpu, 'index' | 'parentIndex'> {
  /** Of a MIG device, the `identity` of the card it is part of; else null. */
  readonly parent: string | null
}

/** Everything that one look at the machine found. */
export interface FoundGpus {
  readonly gpus: readonly FoundGpu[]
  /** What stands in the way of a whole vendor's cards, or of all cards that only Vulkan can use. */
  readonly problems: readonly GpuProblem[]
  /** Why the NVIDIA driver could not be asked; null when it answered, and when there is nothing of NVIDIA's here. */
  readonly nvidiaProblem: GpuProblem | null
}

/** By what a GPU is known again: its place on the bus, or else its UUID. A MIG device shares the card's place. */
export function gpuIdentity(
  gpu: Pick<Gpu, 'pciBusId' | 'uuid' | 'vendor' | 'name' | 'vulkanIndex'> & { readonly isMig: boolean },
): string {
  if (gpu.isMig || gpu.pciBusId === null) return gpu.uuid ?? `${gpu.vendor} ${gpu.name} ${gpu.vulkanIndex ?? ''}`
  return gpu.pciBusId
}
