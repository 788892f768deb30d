import { vulkanPciAddress } from './vulkan-pci-address.ts'

/** A device as Vulkan enumerates it. */
export interface VulkanDevice {
  /**
   * Its position in `vkEnumeratePhysicalDevices`, which is what `vulkaninfo` numbers by and what llama.cpp's
   * `GGML_VK_VISIBLE_DEVICES` refers to.
   */
  readonly index: number
  readonly name: string
  readonly type: 'discrete' | 'integrated' | 'virtual' | 'cpu' | 'other'
  /** PCI ids. */
  readonly vendorId: number | null
  readonly deviceId: number | null
  readonly uuid: string | null
  /** E.g. `DRIVER_ID_MESA_RADV`. */
  readonly driverId: string | null
  /** E.g. `Mesa 22.3.6`. */
  readonly driver: string | null
  /** Where the device's UUID tells it. */
  readonly pciBusId: string | null
}

const TYPES: Readonly<Record<string, VulkanDevice['type']>> = {
  PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: 'discrete',
  PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: 'integrated',
  PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: 'virtual',
  PHYSICAL_DEVICE_TYPE_CPU: 'cpu',
}

/** Reads the devices in `vulkaninfo --summary`; anything else in the text is passed over. */
export function parseVulkanSummary(output: string): VulkanDevice[] {
  const sections: { readonly index: number; readonly fields: Map<string, string> }[] = []
  for (const line of output.split('\n')) {
    const heading = /^GPU(\d{1,4}):\s*$/.exec(line)?.[1]
    if (heading !== undefined) {
      sections.push({ index: Number(heading), fields: new Map() })
      continue
    }
    const [, key, value] = /^\s+(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (key !== undefined && value !== undefined) sections.at(-1)?.fields.set(key, value)
  }
  return sections.map(({ index, fields }) => toDevice(index, fields))
}

function toDevice(index: number, fields: ReadonlyMap<string, string>): VulkanDevice {
  const text = (key: string): string | null => fields.get(key) || null
  const uuid = text('deviceUUID')?.toLowerCase() ?? null
  const driverId = text('driverID')
  return {
    index,
    name: text('deviceName') ?? `Vulkan device ${index}`,
    type: TYPES[text('deviceType') ?? ''] ?? 'other',
    vendorId: hexNumber(text('vendorID')),
    deviceId: hexNumber(text('deviceID')),
    uuid,
    driverId,
    driver: text('driverInfo') ?? text('driverName'),
    pciBusId: uuid === null || driverId === null ? null : vulkanPciAddress(uuid, driverId),
  }
}

function hexNumber(text: string | null): number | null {
  return text !== null && /^0x[0-9a-f]{1,8}$/i.test(text) ? Number(text) : null
}
