const CARD_LINE = /^GPU \d+: .*\(UUID: (GPU-[^)\s]+)\)/
const MIG_LINE = /^\s+MIG .*Device\s+(\d+): \(UUID: (MIG-[^)\s]+)\)/

/**
 * Reads `nvidia-smi -L` for the UUIDs of MIG devices: by the UUID of their card, then by their number on it. Some drivers leave
 * them out of the XML.
 */
export function parseNvidiaListing(output: string): ReadonlyMap<string, ReadonlyMap<number, string>> {
  const cards = new Map<string, Map<number, string>>()
  let devices = new Map<number, string>()
  for (const line of output.split('\n')) {
    const card = CARD_LINE.exec(line)?.[1]
    if (card !== undefined) {
      devices = new Map()
      cards.set(card, devices)
      continue
    }
    const [, number, uuid] = MIG_LINE.exec(line) ?? []
    if (number !== undefined && uuid !== undefined) devices.set(Number(number), uuid)
  }
  return cards
}
