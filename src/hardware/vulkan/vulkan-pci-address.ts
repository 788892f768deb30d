import { pciAddress } from '../pci-address.ts'

/** Four little-endian words: PCI domain, bus, device, function. */
const AMD_DRIVERS = new Set(['DRIVER_ID_MESA_RADV'])
/** Little-endian vendor, device, revision and PCI domain of two bytes each; then bus, device and function of one. */
const INTEL_DRIVERS = new Set(['DRIVER_ID_INTEL_OPEN_SOURCE_MESA'])
const INTEL_VENDOR_ID = 0x80_86

/**
 * The PCI address that Mesa's drivers for AMD and Intel put into a device's UUID, or null for a UUID made in another way
 * (other drivers; Intel's before Mesa 22, which is a hash). `vulkaninfo --summary` does not tell the address itself.
 *
 * Layouts: Mesa, `ac_compute_device_uuid` and `intel_uuid_compute_device_id`.
 */
export function vulkanPciAddress(uuid: string, driverId: string): string | null {
  const hex = uuid.replaceAll('-', '')
  if (!/^[0-9a-f]{32}$/i.test(hex)) return null
  const bytes = Buffer.from(hex, 'hex')
  const parts = AMD_DRIVERS.has(driverId) ? amdParts(bytes) : INTEL_DRIVERS.has(driverId) ? intelParts(bytes) : null
  if (parts === null || parts.bus > 0xff || parts.device > 0x1f || parts.slotFunction > 7) return null
  return pciAddress(parts)
}

interface PciParts {
  readonly domain: number
  readonly bus: number
  readonly device: number
  readonly slotFunction: number
}

function amdParts(bytes: Buffer): PciParts {
  return {
    domain: bytes.readUInt32LE(0),
    bus: bytes.readUInt32LE(4),
    device: bytes.readUInt32LE(8),
    slotFunction: bytes.readUInt32LE(12),
  }
}

function intelParts(bytes: Buffer): PciParts | null {
  if (bytes.readUInt16LE(0) !== INTEL_VENDOR_ID) return null
  return {
    domain: bytes.readUInt16LE(6),
    bus: bytes.readUInt8(8),
    device: bytes.readUInt8(9),
    slotFunction: bytes.readUInt8(10),
  }
}
