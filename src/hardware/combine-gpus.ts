import type { Gpu, GpuProblem } from '../domain/gpu.ts'
import type { FoundGpu, FoundGpus } from './found-gpu.ts'
import type { NvidiaReport } from './nvidia/nvidia-smi.ts'
import { lostProblem, toNvidiaGpus } from './nvidia/nvidia-gpus.ts'
import type { SysfsGpu } from './sysfs/sysfs-gpus.ts'
import { VulkanClaims } from './vulkan/claim-vulkan-device.ts'
import type { VulkanDevice } from './vulkan/parse-vulkan-summary.ts'
import type { VulkanReport } from './vulkan/vulkan-devices.ts'

/** The three views of one machine. */
export interface GpuViews {
  readonly nvidia: NvidiaReport
  /** By PCI address. */
  readonly sysfs: readonly SysfsGpu[]
  readonly vulkan: VulkanReport
}

/** Makes one list of three views. NVIDIA's cards first, then others on the bus, MIG devices, what Vulkan alone sees. */
export function combineGpus({ nvidia, sysfs, vulkan }: GpuViews): FoundGpus {
  const claims = new VulkanClaims(vulkan.devices)
  const told = nvidia.log === null ? [] : toNvidiaGpus(nvidia.log, nvidia.unreachable)
  const withVulkan = told.map((gpu) => (gpu.parent === null ? addVulkan(gpu, claims) : gpu))
  const untold = sysfs
    .filter((card) => card.vendor === 'nvidia' && !told.some(({ pciBusId }) => pciBusId === card.pciBusId))
    .flatMap((card) => toUntoldNvidia(card, nvidia, claims))
  const others = sysfs.filter(({ vendor }) => vendor !== 'nvidia').map((card) => toVulkanOnlyCard(card, claims, vulkan.problem))
  const vulkanAlone = claims.unclaimed.map(toVulkanOnlyGpu)

  const isNvidiaHere = sysfs.some(({ vendor }) => vendor === 'nvidia')
  const nvidiaProblem = nvidia.problem?.code === 'no-program' && !isNvidiaHere ? null : nvidia.problem
  const isVulkanNeeded = others.length > 0
  return {
    gpus: [
      ...withVulkan.filter(({ parent }) => parent === null),
      ...untold,
      ...others,
      ...withVulkan.filter(({ parent }) => parent !== null),
      ...vulkanAlone.filter(({ vendor }) => vendor !== 'software'),
      ...vulkanAlone.filter(({ vendor }) => vendor === 'software'),
    ],
    problems: [nvidiaProblem, isVulkanNeeded ? vulkan.problem : null].filter((problem) => problem !== null),
    nvidiaProblem,
  }
}

/** NVIDIA's Vulkan driver tells the UUID that nvidia-smi tells: a card that has another one's model is not taken for it. */
function addVulkan(gpu: FoundGpu, claims: VulkanClaims): FoundGpu {
  const device = claims.claim({ pciBusId: gpu.pciBusId, uuid: gpu.uuid, vendorId: null, deviceId: null })
  return { ...gpu, vulkanIndex: device?.index ?? null }
}

/**
 * An NVIDIA card on the bus that nvidia-smi does not tell of. Where it tells of others, this one is kept from it: handed to a
 * virtual machine, or not given to this container.
 */
function toUntoldNvidia(card: SysfsGpu, nvidia: NvidiaReport, claims: VulkanClaims): FoundGpu[] {
  const device = claims.claim({ ...card, uuid: null })
  if (device !== null) return [ofCard(card, device, null)]
  if (nvidia.problem !== null) return [ofCard(card, null, nvidia.problem)]
  if (nvidia.log === null || nvidia.log.cards.length > 0) return []
  return [ofCard(card, null, lostProblem(card.pciBusId, 'the driver does not list it'))]
}

function toVulkanOnlyCard(card: SysfsGpu, claims: VulkanClaims, vulkanProblem: GpuProblem | null): FoundGpu {
  const device = claims.claim({ ...card, uuid: null })
  return ofCard(card, device, device === null ? vulkanMissing(card, vulkanProblem) : null)
}

function ofCard(card: SysfsGpu, device: VulkanDevice | null, problem: GpuProblem | null): FoundGpu {
  const hasSharedMemory = device?.type === 'integrated'
  return {
    uuid: device?.uuid ?? null,
    name: device?.name ?? `${VENDOR_NAMES[card.vendor]} GPU ${hex(card.vendorId)}:${hex(card.deviceId)}`,
    vendor: card.vendor,
    // What an integrated GPU calls its own is a small part of the memory that it can use.
    vramMb: hasSharedMemory ? null : card.vramMb,
    hasSharedMemory,
    driver: device?.driver ?? card.kernelDriver,
    pciBusId: card.pciBusId,
    parent: null,
    hasCuda: false,
    vulkanIndex: device?.index ?? null,
    isExclusive: false,
    isUsable: problem === null,
    problem,
  }
}

function vulkanMissing(card: SysfsGpu, vulkanProblem: GpuProblem | null): GpuProblem {
  if (card.kernelDriver === null || card.kernelDriver.startsWith('vfio'))
    return {
      code: 'no-driver',
      message: `no graphics driver of this system has the GPU ${card.pciBusId}${card.kernelDriver === null ? '' : ` (${card.kernelDriver} has it, for a virtual machine)`}: load its driver to use it`,
    }
  if (vulkanProblem !== null) return { code: 'no-vulkan', message: vulkanProblem.message }
  return {
    code: 'no-vulkan',
    message: `Vulkan does not see the GPU ${card.pciBusId}: install its Vulkan driver (Debian: mesa-vulkan-drivers), and give the miner's user access to /dev/dri/renderD* (group "render")`,
  }
}

/** A device without a place on the bus: a board's own GPU, a virtual machine's, or Vulkan in software. */
function toVulkanOnlyGpu(device: VulkanDevice): FoundGpu {
  return {
    uuid: device.uuid,
    name: device.name,
    vendor: device.type === 'cpu' ? 'software' : vendorOf(device.vendorId),
    vramMb: null,
    hasSharedMemory: device.type === 'integrated' || device.type === 'cpu',
    driver: device.driver,
    pciBusId: device.pciBusId,
    parent: null,
    hasCuda: false,
    vulkanIndex: device.index,
    isExclusive: false,
    isUsable: true,
    problem: null,
  }
}

const VENDOR_NAMES: Readonly<Record<SysfsGpu['vendor'], string>> = { nvidia: 'NVIDIA', amd: 'AMD', intel: 'Intel' }

function vendorOf(vendorId: number | null): Gpu['vendor'] {
  if (vendorId === 0x10_de) return 'nvidia'
  if (vendorId === 0x10_02) return 'amd'
  return vendorId === 0x80_86 ? 'intel' : 'other'
}

function hex(id: number): string {
  return id.toString(16).padStart(4, '0')
}
