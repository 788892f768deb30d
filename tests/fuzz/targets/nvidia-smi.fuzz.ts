import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { parseNvidiaListing } from '../../../src/hardware/nvidia-smi-parser/parse-nvidia-listing.ts'
import { classifyNvidiaFailure, parseUnreachableCards } from '../../../src/hardware/nvidia-smi-parser/parse-nvidia-messages.ts'
import { parseNvidiaSamples } from '../../../src/hardware/nvidia-smi-parser/parse-nvidia-samples.ts'
import { parseNvidiaSmi } from '../../../src/hardware/nvidia-smi-parser/parse-nvidia-smi.ts'
import { toPciAddress } from '../../../src/hardware/pci-address.ts'
import { parseVulkanSummary } from '../../../src/hardware/vulkan/parse-vulkan-summary.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { damagedText } from '../mutations/text-edits.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/nvidia-smi')
const MAX_REASON = 1_000

/** What the recorded tools have said, by the end of the file's name. */
function recorded(ending: RegExp): string[] {
  return readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
    .filter((path) => ending.test(path))
    .toSorted()
    .map((path) => readFileSync(join(FIXTURES, path), 'utf8'))
}

const XML_WORDS = [
  '<gpu id="00000000:01:00.0">',
  '</gpu>',
  '</nvidia_smi_log>',
  '<nvidia_smi_log>',
  '<mig_device><index>0</index></mig_device>',
  '<fb_memory_usage>N/A</fb_memory_usage>',
  '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
  '&b;',
  '&amp;',
  '&#x41;',
  '&#99999999999;',
  '&lt;gpu&gt;',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '<?xml',
  '?>',
  '<__proto__>1</__proto__>',
  '<constructor><prototype>1</prototype></constructor>',
  '<toString/>',
  'N/A',
  '[GPU is lost]',
  '-5 MiB',
  '99999999999999999999 MiB',
  '1e9 MiB',
  '0x10 MiB',
  '<processes>',
  '</processes>',
  '<a>',
]

const numbers = /"(?:totalMb|usedMb|freeMb|utilPct|temperatureC|powerW|uncorrectedEccErrors|index)":(?!null|\d)/

/** Whatever nvidia-smi says, the answer is cards with sensible figures, or one short reason. */
export const nvidiaSmi = fuzzTarget({
  name: 'nvidia-smi',
  input: () => damagedText(fc.constantFrom(...recorded(/query\.out$/)), { words: XML_WORDS, maxTimes: 3_000 }),
  open: () => ({
    holds: (output) => {
      const result = parseNvidiaSmi(output)
      if (!result.ok) {
        if (result.reason.length > MAX_REASON) throw new Error(`a reason of ${result.reason.length} characters`)
        return
      }
      if (numbers.test(JSON.stringify(result.log))) throw new Error(`a figure that is none: ${JSON.stringify(result.log)}`)
      for (const { pciBusId, memory } of result.log.cards) {
        if (pciBusId !== null && toPciAddress(pciBusId) !== pciBusId) throw new Error(`no PCI address: ${pciBusId}`)
        if (memory.totalMb === 0) throw new Error('memory of 0 MiB is none')
      }
    },
  }),
})

const LINE_WORDS = [
  'GPU 0: ',
  '(UUID: GPU-',
  'MIG-',
  '  MIG 1g.5gb Device 0: ',
  ',',
  ', ',
  'N/A',
  '[N/A]',
  '0000:01:00.0',
  'GPU7:',
  'deviceUUID = ',
  '0x10de',
  '=',
  ' ',
  '\n',
]

/** The plain texts of the same tools, and of vulkaninfo. */
export const gpuToolTexts = fuzzTarget({
  name: 'gpu-tool-texts',
  input: () =>
    damagedText(fc.constantFrom(...recorded(/(?:samples\.out|listing\.out|\.err|\.txt)$/)), {
      words: LINE_WORDS,
      maxTimes: 3_000,
    }),
  open: () => ({
    holds: (output) => {
      for (const sample of parseNvidiaSamples(output)) {
        if (toPciAddress(sample.pciBusId) !== sample.pciBusId) throw new Error(`no PCI address: ${sample.pciBusId}`)
        for (const figure of [sample.utilPct, sample.temperatureC, sample.powerW, sample.usedMb, sample.freeMb]) {
          if (figure !== null && !(Number.isFinite(figure) && figure >= 0)) throw new Error(`a figure that is none: ${figure}`)
        }
      }
      for (const devices of parseNvidiaListing(output).values()) {
        for (const index of devices.keys()) if (!(index >= 0)) throw new Error(`no index: ${index}`)
      }
      for (const { pciBusId } of parseUnreachableCards(output)) {
        if (toPciAddress(pciBusId) !== pciBusId) throw new Error(`no PCI address: ${pciBusId}`)
      }
      const { message } = classifyNvidiaFailure(null, output)
      if (message.length > MAX_REASON) throw new Error(`a message of ${message.length} characters`)
      for (const { index } of parseVulkanSummary(output)) if (!Number.isInteger(index)) throw new Error(`no index: ${index}`)
    },
  }),
})
