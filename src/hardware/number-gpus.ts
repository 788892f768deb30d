import type { Gpu, GpuProblem } from '../domain/gpu.ts'
import { gpuIdentity } from './found-gpu.ts'
import type { FoundGpu } from './found-gpu.ts'

/**
 * Gives each GPU its number. One that was known keeps its own; new ones get the next. A known one that was not found stays in
 * the list, unusable, with what was known of it: `goneProblem` says why.
 */
export function numberGpus(known: readonly Gpu[], found: readonly FoundGpu[], goneProblem: (gpu: Gpu) => GpuProblem): Gpu[] {
  const indices = new Map(known.map((gpu) => [identityOf(gpu), gpu.index]))
  for (const gpu of found) {
    const identity = gpuIdentity({ ...gpu, isMig: gpu.parent !== null })
    if (!indices.has(identity)) indices.set(identity, indices.size)
  }
  const byIndex = new Map<number, Gpu>(
    known.map((gpu) => [gpu.index, { ...gpu, isUsable: false, problem: gpu.isUsable ? goneProblem(gpu) : gpu.problem }]),
  )
  for (const { parent, ...gpu } of found) {
    const index = indices.get(gpuIdentity({ ...gpu, isMig: parent !== null })) ?? indices.size
    const before = byIndex.get(index)
    byIndex.set(index, {
      ...gpu,
      ...(gpu.problem?.code === 'lost' && before !== undefined ? describedBefore(before) : {}),
      index,
      parentIndex: parent === null ? null : (indices.get(parent) ?? null),
    })
  }
  return [...byIndex.values()].toSorted((a, b) => a.index - b.index)
}

/** Of a lost card the driver tells hardly more than the address. */
function describedBefore({ name, uuid, vramMb, driver, hasSharedMemory }: Gpu): Partial<Gpu> {
  return { name, uuid, vramMb, driver, hasSharedMemory }
}

function identityOf(gpu: Gpu): string {
  return gpuIdentity({ ...gpu, isMig: gpu.parentIndex !== null })
}
