import type { GpuProblem } from '../../domain/gpu.ts'
import type { FoundGpu } from '../found-gpu.ts'
import { gpuIdentity } from '../found-gpu.ts'
import type { NvidiaCard, NvidiaMigDevice, NvidiaSmiLog } from '../nvidia-smi-parser/nvidia-smi-log.ts'
import type { UnreachableCard } from '../nvidia-smi-parser/parse-nvidia-messages.ts'

/** The GPUs in an answer of nvidia-smi: cards in its order with those it cannot reach at their places, then MIG devices. */
export function toNvidiaGpus(log: NvidiaSmiLog, unreachable: readonly UnreachableCard[]): FoundGpu[] {
  const listed = new Set(log.cards.map(({ pciBusId }) => pciBusId))
  const cards = [
    ...log.cards.map((card) => toGpu(card, log.driverVersion)),
    ...unreachable.filter(({ pciBusId }) => !listed.has(pciBusId)).map(toLostGpu),
  ]
  const inOrder = cards.toSorted((a, b) => byAddress(a.pciBusId, b.pciBusId))
  return [...inOrder, ...log.cards.flatMap((card) => toMigGpus(card, log.driverVersion))]
}

function toGpu(card: NvidiaCard, driver: string | null): FoundGpu {
  const problem = cardProblem(card)
  return {
    uuid: card.uuid,
    name: card.name ?? 'NVIDIA GPU',
    vendor: 'nvidia',
    vramMb: card.memory.totalMb,
    hasSharedMemory: card.hasSharedMemory,
    driver,
    pciBusId: card.pciBusId,
    parent: null,
    hasCuda: card.uuid !== null,
    vulkanIndex: null,
    isExclusive: card.computeMode?.toLowerCase().startsWith('exclusive') ?? false,
    isUsable: problem === null || STILL_USABLE.has(problem.code),
    problem,
  }
}

function toLostGpu({ pciBusId, reason }: UnreachableCard): FoundGpu {
  return {
    uuid: null,
    name: 'NVIDIA GPU',
    vendor: 'nvidia',
    vramMb: null,
    hasSharedMemory: false,
    driver: null,
    pciBusId,
    parent: null,
    hasCuda: false,
    vulkanIndex: null,
    isExclusive: false,
    isUsable: false,
    problem: lostProblem(pciBusId, reason),
  }
}

function toMigGpus(card: NvidiaCard, driver: string | null): FoundGpu[] {
  if (!card.isMigEnabled) return []
  const parent = toGpu(card, driver)
  const identity = gpuIdentity({ ...parent, isMig: false })
  // What keeps the card itself from being used keeps its parts from it too, except that it is split.
  const inherited = parent.problem?.code === 'mig-parent' ? null : parent.problem
  return card.migDevices.map((device: NvidiaMigDevice): FoundGpu => {
    const problem = inherited ?? (device.uuid === null ? withoutUuid(device) : null)
    return {
      ...parent,
      uuid: device.uuid,
      name: `${parent.name} MIG ${device.index}`,
      vramMb: device.memory.totalMb,
      hasSharedMemory: false,
      parent: identity,
      hasCuda: device.uuid !== null,
      isUsable: problem === null || STILL_USABLE.has(problem.code),
      problem,
    }
  })
}

const STILL_USABLE: ReadonlySet<GpuProblem['code']> = new Set(['ecc-errors'])

function cardProblem(card: NvidiaCard): GpuProblem | null {
  const where = card.pciBusId ?? card.uuid ?? 'without an address'
  if (card.isLost) return lostProblem(where, 'GPU is lost')
  if (card.recoveryAction === 'reboot')
    return { code: 'needs-reset', message: `the driver asks for a reboot before the GPU ${where} is used again: reboot` }
  if (card.recoveryAction === 'reset')
    return {
      code: 'needs-reset',
      message: `the driver asks for a reset of the GPU ${where}: stop what uses it and run "nvidia-smi --gpu-reset -i ${where}", or reboot`,
    }
  if (card.computeMode?.toLowerCase() === 'prohibited')
    return {
      code: 'prohibited',
      message: `the compute mode of the GPU ${where} is Prohibited: run "nvidia-smi -i ${where} -c DEFAULT" to let it compute`,
    }
  if (card.isMigEnabled) return migProblem(card, where)
  if (card.uuid === null)
    return {
      code: 'bad-output',
      message: `nvidia-smi tells no UUID of the GPU ${where}, by which CUDA could address it: update the driver`,
    }
  const errors = card.uncorrectedEccErrors ?? 0
  if (errors > 0 || card.recoveryAction === 'drain')
    return {
      code: 'ecc-errors',
      message: `the GPU ${where} had ${errors} memory errors that could not be repaired: reset it when it is idle ("nvidia-smi --gpu-reset -i ${where}"), and replace it if they come back`,
    }
  return null
}

function migProblem(card: NvidiaCard, where: string): GpuProblem {
  return {
    code: 'mig-parent',
    message:
      card.migDevices.length > 0
        ? `the GPU ${where} is split into ${card.migDevices.length} MIG devices, which are used instead of it`
        : `the GPU ${where} is in MIG mode and has no MIG device: create some ("nvidia-smi mig -cgi ... -C"), or leave MIG mode ("nvidia-smi -i ${where} -mig 0")`,
  }
}

function withoutUuid(device: NvidiaMigDevice): GpuProblem {
  return {
    code: 'mig-without-uuid',
    message: `nvidia-smi tells no UUID of MIG device ${device.index}, by which CUDA could address it: see "nvidia-smi -L", and update the driver`,
  }
}

/** `reason` is the driver's own. */
export function lostProblem(where: string, reason: string): GpuProblem {
  return {
    code: 'lost',
    message: `the GPU ${where} does not answer any more (${reason}): reboot; if it happens again, check power supply, riser and cooling ("dmesg | grep Xid" tells why)`,
  }
}

/** Unknown addresses last; the form of addresses sorts as their numbers do. */
function byAddress(a: string | null, b: string | null): number {
  if (a === b) return 0
  if (a === null) return 1
  return b === null || a < b ? -1 : 1
}
