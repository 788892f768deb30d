import { XMLParser } from 'fast-xml-parser'
import { toPciAddress } from '../pci-address.ts'
import { quantityValue, tellsLost, tellsNotApplicable, tellsResetNeeded, textValue } from './field-values.ts'
import type { NvidiaCard, NvidiaMemory, NvidiaMigDevice, NvidiaSmiLog } from './nvidia-smi-log.ts'
import { NvidiaSmiXmlSchema } from './nvidia-smi-xml.ts'
import type { GpuXml, MigDeviceXml, PowerXml } from './nvidia-smi-xml.ts'

export type NvidiaSmiParseResult =
  | { readonly ok: true; readonly log: NvidiaSmiLog }
  /** `reason` completes the sentence "nvidia-smi's answer …". */
  | { readonly ok: false; readonly reason: string }

const START = '<nvidia_smi_log'
const END = '</nvidia_smi_log>'
const MAX_SHOWN = 120

/** Long lists that nobody reads here: of a new card they are nine tenths of the text. */
const UNREAD = /<(supported_clocks|processes|accounted_processes)>[\s\S]*?<\/\1>/g

/**
 * Reads the output of `nvidia-smi -q -x`, of any driver version. Messages before or after the XML, as nvidia-smi prints when a
 * card is gone, are passed over. Never throws: a text that is cut off or no such XML is a result, and a field that holds
 * something unexpected is null.
 */
export function parseNvidiaSmi(output: string): NvidiaSmiParseResult {
  const start = output.indexOf(START)
  if (start < 0) return { ok: false, reason: `holds no <nvidia_smi_log>: ${excerpt(output)}` }
  const end = output.indexOf(END, start)
  if (end < 0) return { ok: false, reason: `ends in the middle, after ${output.length} characters` }
  const xml = output.slice(start, end + END.length).replaceAll(UNREAD, '')

  let tree: unknown
  try {
    tree = parser().parse(xml, true)
  } catch (error) {
    return { ok: false, reason: `is not well-formed XML: ${shortened(error instanceof Error ? error.message : String(error))}` }
  }
  const parsed = NvidiaSmiXmlSchema.safeParse(tree)
  if (!parsed.success) return { ok: false, reason: 'holds no <nvidia_smi_log> in its XML' }
  const { driver_version: driver, cuda_version: cuda, gpu } = parsed.data.nvidia_smi_log
  const log = { driverVersion: textValue(driver), cudaVersion: textValue(cuda), cards: gpu.map(toCard) }
  const isEmpty = log.driverVersion === null && log.cards.length === 0
  return isEmpty ? { ok: false, reason: 'names neither a driver nor a GPU' } : { ok: true, log }
}

function parser(): XMLParser {
  return new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    // The document type, the one place where entities could be defined, is cut off before.
    processEntities: true,
    isArray: (name) => name === 'gpu' || name === 'mig_device',
  })
}

function toCard(xml: GpuXml): NvidiaCard {
  const fields = [xml.product_name, xml.uuid, xml.fb_memory_usage.total, xml.utilization.gpu_util, xml.temperature.gpu_temp]
  return {
    pciBusId: toPciAddress(xml.pci.pci_bus_id ?? '') ?? toPciAddress(xml['@id'] ?? ''),
    uuid: textValue(xml.uuid),
    name: textValue(xml.product_name),
    memory: toMemory(xml.fb_memory_usage),
    hasSharedMemory: tellsNotApplicable(xml.fb_memory_usage.total) || quantityValue(xml.fb_memory_usage.total) === 0,
    utilPct: quantityValue(xml.utilization.gpu_util),
    temperatureC: quantityValue(xml.temperature.gpu_temp),
    powerW: boardPower(xml),
    computeMode: textValue(xml.compute_mode),
    isPersistent: toSwitch(xml.persistence_mode),
    uncorrectedEccErrors: uncorrectedErrors(xml),
    isMigEnabled: toSwitch(xml.mig_mode.current_mig) === true,
    migDevices: xml.mig_devices.mig_device.flatMap(toMigDevice),
    isLost: fields.some(tellsLost),
    recoveryAction: recoveryAction(xml, fields),
  }
}

/** A MIG device without a number cannot be told from its neighbours. */
function toMigDevice(xml: MigDeviceXml): NvidiaMigDevice[] {
  const index = quantityValue(xml.index)
  return index === null ? [] : [{ index, uuid: textValue(xml.uuid), memory: toMemory(xml.fb_memory_usage) }]
}

/** `free` leaves out what the driver keeps for itself; where it is not told, what is not used is taken for free. */
function toMemory(xml: GpuXml['fb_memory_usage']): NvidiaMemory {
  const totalMb = quantityValue(xml.total)
  const usedMb = quantityValue(xml.used)
  const reservedMb = quantityValue(xml.reserved) ?? 0
  const restMb = totalMb === null || usedMb === null ? null : Math.max(0, totalMb - usedMb - reservedMb)
  // Some boards without memory of their own say `0 MiB`.
  return totalMb === 0
    ? { totalMb: null, usedMb: null, freeMb: null }
    : { totalMb, usedMb, freeMb: quantityValue(xml.free) ?? restMb }
}

/** A module (GB200 and the like) holds a processor too; its power counts only where the GPU's own is not told. */
function boardPower(xml: GpuXml): number | null {
  return powerDraw(xml.power_readings) ?? powerDraw(xml.gpu_power_readings) ?? powerDraw(xml.module_power_readings)
}

/** The average is the field that older drivers called `power_draw`, and what `power.draw` means in a query. */
function powerDraw(xml: PowerXml): number | null {
  return quantityValue(xml.power_draw) ?? quantityValue(xml.average_power_draw) ?? quantityValue(xml.instant_power_draw)
}

function uncorrectedErrors(xml: GpuXml): number | null {
  const { volatile } = xml.ecc_errors
  const counts = [
    volatile.dram_uncorrectable,
    volatile.sram_uncorrectable,
    volatile.sram_uncorrectable_parity,
    volatile.sram_uncorrectable_secded,
    volatile.double_bit.total,
  ]
    .map(quantityValue)
    .filter((count) => count !== null)
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0)
}

function recoveryAction(xml: GpuXml, fields: readonly (string | null | undefined)[]): NvidiaCard['recoveryAction'] {
  const action = textValue(xml.gpu_recovery_action) ?? ''
  if (/drain/i.test(action)) return 'drain'
  if (/reboot/i.test(action)) return 'reboot'
  if (/reset/i.test(action) || fields.some(tellsResetNeeded)) return 'reset'
  return null
}

function toSwitch(field: string | null | undefined): boolean | null {
  const text = field?.trim().toLowerCase()
  if (text === 'enabled') return true
  return text === 'disabled' ? false : null
}

function excerpt(output: string): string {
  const line = output.trim().split('\n', 1)[0] ?? ''
  return line === '' ? 'it is empty' : JSON.stringify(shortened(line))
}

function shortened(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}
