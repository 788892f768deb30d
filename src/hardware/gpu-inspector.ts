import type { Gpu, GpuProblem, GpuReading } from '../domain/gpu.ts'
import { BoundedCommand } from './bounded-command.ts'
import { combineGpus } from './combine-gpus.ts'
import type { FoundGpus } from './found-gpu.ts'
import type { NvidiaCard, NvidiaMemory } from './nvidia-smi-parser/nvidia-smi-log.ts'
import { NvidiaSmi } from './nvidia/nvidia-smi.ts'
import { findSysfsGpus, readSysfsGpu } from './sysfs/sysfs-gpus.ts'
import type { SysfsGpu } from './sysfs/sysfs-gpus.ts'
import { toolEnvironment } from './tool-environment.ts'
import { findVulkanDevices } from './vulkan/vulkan-devices.ts'
import type { VulkanReport } from './vulkan/vulkan-devices.ts'

/** What the machine can be asked about its GPUs. No method rejects. */
export interface GpuSource {
  /** Looks for all GPUs. */
  find(signal: AbortSignal): Promise<FoundGpus>
  /** Reads what these GPUs are doing. */
  read(gpus: readonly Gpu[], signal: AbortSignal): Promise<GpuReadings>
}

export interface GpuReadings {
  /** One for each GPU asked for, in the same order; all null where nothing could be read. */
  readonly readings: readonly GpuReading[]
  /** Indices of GPUs that were asked for and do not answer any more. */
  readonly lost: readonly number[]
  /** Why NVIDIA's cards could not be read; null when they could, or are none. */
  readonly problem: GpuProblem | null
}

export interface GpuInspectorOptions {
  /** The daemon's environment; its PATH is where nvidia-smi and vulkaninfo are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** @default '/sys' */
  readonly sysfsRoot?: string
  /** How long a program may take; a machine of eight cards without persistence mode needs some seconds. @default 20000 */
  readonly timeoutMs?: number
}

/** A card's own answer is about 120 kB, most of it a list of clocks, and each process that uses it adds 250 bytes. */
const MAX_OUTPUT_BYTES = 32 * 2 ** 20

/** Looks at the real machine: nvidia-smi, sysfs, vulkaninfo. */
export class GpuInspector implements GpuSource {
  readonly #sysfsRoot: string
  readonly #nvidiaSmi: NvidiaSmi
  readonly #vulkaninfo: BoundedCommand
  #vulkan: { readonly cards: string; readonly report: VulkanReport } | null = null

  constructor({ environment, sysfsRoot = '/sys', timeoutMs = 20_000 }: GpuInspectorOptions) {
    const shared = { environment: toolEnvironment(environment), timeoutMs, maxBytes: MAX_OUTPUT_BYTES }
    this.#sysfsRoot = sysfsRoot
    this.#nvidiaSmi = new NvidiaSmi(new BoundedCommand({ ...shared, program: 'nvidia-smi' }))
    this.#vulkaninfo = new BoundedCommand({ ...shared, program: 'vulkaninfo' })
  }

  async find(signal: AbortSignal): Promise<FoundGpus> {
    const [nvidia, sysfs] = await Promise.all([this.#nvidiaSmi.query(signal), findSysfsGpus(this.#sysfsRoot)])
    const addresses = [...(nvidia.log?.cards ?? []), ...sysfs].map(({ pciBusId }) => pciBusId)
    const vulkan = await this.#findVulkan(`${addresses.join(' ')} ${describeDrivers(sysfs)}`, signal)
    return combineGpus({ nvidia, sysfs, vulkan })
  }

  async read(gpus: readonly Gpu[], signal: AbortSignal): Promise<GpuReadings> {
    // A split card is read too: it has the power meter of its parts.
    const nvidia = gpus.filter(({ hasCuda, isUsable, problem }) => hasCuda && (isUsable || problem?.code === 'mig-parent'))
    const [told, others] = await Promise.all([
      this.#readNvidia(nvidia, signal),
      Promise.all(gpus.map((gpu) => this.#readOther(gpu))),
    ])
    return {
      readings: gpus.map((gpu, at) => told.readings.get(gpu.index) ?? others[at] ?? noReading(gpu.index)),
      lost: told.lost,
      problem: told.problem,
    }
  }

  /** Vulkan's drivers are loaded for an answer, so it is asked again only when the cards changed or it had none for them. */
  async #findVulkan(cards: string, signal: AbortSignal): Promise<VulkanReport> {
    if (this.#vulkan?.cards === cards && this.#vulkan.report.devices.length > 0) return this.#vulkan.report
    const report = await findVulkanDevices(this.#vulkaninfo, signal)
    this.#vulkan = signal.aborted ? null : { cards, report }
    return report
  }

  async #readNvidia(gpus: readonly Gpu[], signal: AbortSignal): Promise<NvidiaReadings> {
    if (gpus.length === 0) return { readings: new Map(), lost: [], problem: null }
    return gpus.some(({ parentIndex }) => parentIndex !== null)
      ? await this.#readSplit(gpus, signal)
      : await this.#readWhole(gpus, signal)
  }

  async #readWhole(gpus: readonly Gpu[], signal: AbortSignal): Promise<NvidiaReadings> {
    const { samples, unreachable, problem } = await this.#nvidiaSmi.sample(signal)
    const readings = new Map<number, GpuReading>()
    const lost: number[] = []
    for (const gpu of gpus) {
      const sample = samples.find(({ uuid, pciBusId }) => (gpu.pciBusId === null ? uuid === gpu.uuid : pciBusId === gpu.pciBusId))
      const isGone = sample === undefined ? problem === null : sample.isLost
      if (isGone || unreachable.some(({ pciBusId }) => pciBusId === gpu.pciBusId)) lost.push(gpu.index)
      else if (sample !== undefined)
        readings.set(gpu.index, {
          index: gpu.index,
          utilPct: sample.utilPct,
          temperatureC: sample.temperatureC,
          powerW: sample.powerW,
          vramUsedMb: sample.usedMb,
          vramFreeMb: sample.freeMb,
        })
    }
    return { readings, lost: signal.aborted ? [] : lost, problem }
  }

  /** MIG devices are told in the large answer alone. */
  async #readSplit(gpus: readonly Gpu[], signal: AbortSignal): Promise<NvidiaReadings> {
    const { log, problem } = await this.#nvidiaSmi.query(signal)
    const readings = new Map<number, GpuReading>()
    const lost: number[] = []
    for (const gpu of gpus) {
      const reading = log === null ? null : readingOf(gpu, log.cards)
      if (reading !== null) readings.set(gpu.index, reading)
      else if (log !== null) lost.push(gpu.index)
    }
    return { readings, lost: signal.aborted ? [] : lost, problem }
  }

  async #readOther(gpu: Gpu): Promise<GpuReading> {
    if (gpu.hasCuda || gpu.pciBusId === null) return noReading(gpu.index)
    const reading = await readSysfsGpu(this.#sysfsRoot, gpu.pciBusId)
    // An integrated GPU's own part says little about the memory that it can use.
    return gpu.hasSharedMemory
      ? { index: gpu.index, ...reading, vramUsedMb: null, vramFreeMb: null }
      : { index: gpu.index, ...reading }
  }
}

interface NvidiaReadings {
  readonly readings: ReadonlyMap<number, GpuReading>
  readonly lost: readonly number[]
  readonly problem: GpuProblem | null
}

/** Null when the GPU is not there any more. */
function readingOf(gpu: Gpu, cards: readonly NvidiaCard[]): GpuReading | null {
  const card = cards.find(({ uuid, pciBusId }) => (gpu.pciBusId === null ? uuid === gpu.uuid : pciBusId === gpu.pciBusId))
  if (card === undefined || card.isLost) return null
  const of = (memory: NvidiaMemory, ofBoard: Pick<GpuReading, 'utilPct' | 'powerW'>): GpuReading => ({
    index: gpu.index,
    ...ofBoard,
    temperatureC: card.temperatureC,
    vramUsedMb: memory.usedMb,
    vramFreeMb: memory.freeMb,
  })
  if (gpu.parentIndex === null) return of(card.memory, { utilPct: card.utilPct, powerW: card.powerW })
  const device = card.migDevices.find(({ uuid }) => uuid === gpu.uuid) ?? null
  return device === null ? null : of(device.memory, { utilPct: null, powerW: null })
}

function noReading(index: number): GpuReading {
  return { index, utilPct: null, temperatureC: null, powerW: null, vramUsedMb: null, vramFreeMb: null }
}

function describeDrivers(cards: readonly SysfsGpu[]): string {
  return cards.map(({ kernelDriver }) => kernelDriver ?? '-').join(' ')
}
