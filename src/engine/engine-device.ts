import type { Gpu } from '../domain/gpu.ts'
import type { EngineKind } from '../workloads/workload-table.ts'
import type { EngineBackend } from './child/engine-settings.ts'

/** Where an engine can be placed: the processor, or one card. */
export interface EngineDevice {
  /** `cpu`, `gpu0`, … */
  readonly id: string
  /** Null for the processor. */
  readonly gpu: Gpu | null
}

/** The processor. */
export const CPU_DEVICE: EngineDevice = { id: 'cpu', gpu: null }

/** One card alone. */
export function gpuDevice(gpu: Gpu): EngineDevice {
  return { id: `gpu${gpu.index}`, gpu }
}

/**
 * The back ends that a library may try on a card, best first; the processor, always last, is what is left when none works.
 * `cards` is how many the machine has in use: Vulkan needs the card's number to tell it from others, and ONNX Runtime's WebGPU
 * cannot be told which card to take.
 */
export function backendsFor(kind: EngineKind, gpu: Gpu | null, cards: number): readonly EngineBackend[] {
  if (gpu === null) return ['cpu']
  const isOnly = cards === 1
  const backends: EngineBackend[] = []
  if (gpu.hasCuda && gpu.uuid !== null) backends.push('cuda')
  if (kind === 'llama' && (gpu.vulkanIndex !== null || isOnly)) backends.push('vulkan')
  if (kind === 'onnx' && isOnly) backends.push('webgpu')
  return [...backends, 'cpu']
}

/** Environment that leaves a child this one card to see; of the processor's, none. */
export function visibilityOf(gpu: Gpu | null): Readonly<Record<string, string>> {
  if (gpu === null) return { CUDA_VISIBLE_DEVICES: '' }
  return {
    CUDA_VISIBLE_DEVICES: gpu.hasCuda && gpu.uuid !== null ? gpu.uuid : '',
    ...(gpu.vulkanIndex === null ? {} : { GGML_VK_VISIBLE_DEVICES: String(gpu.vulkanIndex) }),
  }
}
