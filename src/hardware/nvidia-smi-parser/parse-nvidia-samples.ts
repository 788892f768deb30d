import { toPciAddress } from '../pci-address.ts'
import { quantityValue, tellsLost, textValue } from './field-values.ts'

/** The columns that `parseNvidiaSamples` reads, for `--query-gpu=`. All of them are older than any driver still in use. */
export const SAMPLE_COLUMNS = [
  'pci.bus_id',
  'uuid',
  'utilization.gpu',
  'temperature.gpu',
  'power.draw',
  'memory.used',
  'memory.free',
] as const

/** What one card was doing at one moment. */
export interface NvidiaSample {
  readonly pciBusId: string
  readonly uuid: string | null
  readonly utilPct: number | null
  readonly temperatureC: number | null
  readonly powerW: number | null
  readonly usedMb: number | null
  readonly freeMb: number | null
  readonly isLost: boolean
}

/**
 * Reads the output of `nvidia-smi --query-gpu=<SAMPLE_COLUMNS> --format=csv,noheader,nounits`: a line a card. Lines that are
 * none, such as messages about a card that is gone, are passed over.
 */
export function parseNvidiaSamples(output: string): NvidiaSample[] {
  return output.split('\n').flatMap((line) => {
    const fields = line.split(',').map((field) => field.trim())
    const pciBusId = toPciAddress(fields[0] ?? '')
    if (pciBusId === null || fields.length !== SAMPLE_COLUMNS.length) return []
    const [, uuid, util, temperature, power, used, free] = fields
    return [
      {
        pciBusId,
        uuid: textValue(uuid),
        utilPct: quantityValue(util),
        temperatureC: quantityValue(temperature),
        powerW: quantityValue(power),
        usedMb: quantityValue(used),
        freeMb: quantityValue(free),
        isLost: fields.some(tellsLost),
      },
    ]
  })
}
