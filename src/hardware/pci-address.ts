const PCI_ADDRESS = /^(?:([0-9a-f]{4,8}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])$/i

/**
 * The form of `lspci -D`, e.g. `0000:01:00.0`, of what tools write in other ways: nvidia-smi with a domain of eight digits
 * (`00000000:01:00.0`), people without a domain (`01:00.0`). Null when the text is no PCI address.
 */
export function toPciAddress(text: string): string | null {
  const parts = PCI_ADDRESS.exec(text.trim())
  if (parts === null) return null
  const [, domain = '0', bus = '', device = '', slotFunction = ''] = parts
  return pciAddress({
    domain: Number.parseInt(domain, 16),
    bus: Number.parseInt(bus, 16),
    device: Number.parseInt(device, 16),
    slotFunction: Number.parseInt(slotFunction, 16),
  })
}

/** The parts of an address, written as `lspci -D` does. Domains beyond four digits exist (Intel VMD) and are written in full. */
export function pciAddress(parts: {
  readonly domain: number
  readonly bus: number
  readonly device: number
  readonly slotFunction: number
}): string {
  return `${hex(parts.domain, 4)}:${hex(parts.bus, 2)}:${hex(parts.device, 2)}.${hex(parts.slotFunction, 1)}`
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
