import type { VulkanDevice } from './parse-vulkan-summary.ts'

/** What is known of a card from elsewhere. */
export interface KnownCard {
  readonly pciBusId: string | null
  readonly uuid: string | null
  /** Both null: the card is not known by its model. */
  readonly vendorId: number | null
  readonly deviceId: number | null
}

/** llama.cpp's own preference where two drivers serve one card (its `ggml_vk_instance_init`); others come after these. */
const PREFERRED_DRIVERS = [
  'DRIVER_ID_NVIDIA_PROPRIETARY',
  'DRIVER_ID_MESA_RADV',
  'DRIVER_ID_INTEL_OPEN_SOURCE_MESA',
  'DRIVER_ID_AMD_OPEN_SOURCE',
  'DRIVER_ID_AMD_PROPRIETARY',
]

/** Vulkan's devices, each given to one card at most. */
export class VulkanClaims {
  #free: readonly VulkanDevice[]

  constructor(devices: readonly VulkanDevice[]) {
    this.#free = devices
  }

  /** Devices that no card has claimed, in Vulkan's order. */
  get unclaimed(): readonly VulkanDevice[] {
    return this.#free
  }

  /**
   * Finds the card among Vulkan's devices: by UUID, by PCI address, or else the first of its model, as Vulkan and PCI list
   * several cards of one model in the same order. Where several drivers serve it, all are taken and the best is given.
   */
  claim(card: KnownCard): VulkanDevice | null {
    const exact = this.#free.filter((device) => isSame(device, card))
    const ofModel = this.#free.filter(
      (device) =>
        card.vendorId !== null &&
        device.pciBusId === null &&
        device.vendorId === card.vendorId &&
        device.deviceId === card.deviceId,
    )
    const found = exact.length > 0 ? exact : ofModel.slice(0, 1)
    // Drivers agree on a device's UUID, if not on how they make it.
    const taken = this.#free.filter((device) =>
      found.some((one) => one === device || (one.uuid !== null && one.uuid === device.uuid)),
    )
    this.#free = this.#free.filter((device) => !taken.includes(device))
    return taken.toSorted((a, b) => preference(a) - preference(b))[0] ?? null
  }
}

function isSame(device: VulkanDevice, card: KnownCard): boolean {
  if (device.pciBusId !== null && device.pciBusId === card.pciBusId) return true
  return device.uuid !== null && device.uuid === card.uuid?.toLowerCase().replace(/^gpu-/, '')
}

function preference(device: VulkanDevice): number {
  const at = PREFERRED_DRIVERS.indexOf(device.driverId ?? '')
  return at < 0 ? PREFERRED_DRIVERS.length : at
}
