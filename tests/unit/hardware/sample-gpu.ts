import type { Gpu, GpuReading } from '../../../src/domain/gpu.ts'
import type { FoundGpu } from '../../../src/hardware/found-gpu.ts'

/** A GPU as found, with these facts; by default an NVIDIA card that works. */
export function foundGpu(facts: Partial<FoundGpu> = {}): FoundGpu {
  return {
    uuid: 'GPU-1d6ae4f1-5a3c-4c1f-9f0e-3a51b7c2d001',
    name: 'NVIDIA A',
    vendor: 'nvidia',
    vramMb: 24_564,
    hasSharedMemory: false,
    driver: '550.127.05',
    pciBusId: '0000:01:00.0',
    parent: null,
    hasCuda: true,
    vulkanIndex: null,
    isExclusive: false,
    isUsable: true,
    problem: null,
    ...facts,
  }
}

export function gpu(index: number, facts: Partial<Gpu> = {}): Gpu {
  const { parent: _, ...found } = foundGpu()
  return { ...found, index, parentIndex: null, ...facts }
}

export function reading(index: number, facts: Partial<GpuReading> = {}): GpuReading {
  return { index, utilPct: 50, temperatureC: 60, powerW: 200, vramUsedMb: 1000, vramFreeMb: 23_000, ...facts }
}
