import type { OfferedGpu } from '../domain/coordinator.ts'
import type { Gpu, GpuReading } from '../domain/gpu.ts'
import type { GpuStatus } from '../domain/miner-status.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import { backendsFor } from '../engine/engine-device.ts'
import type { EngineGpus } from '../engine/engine-gpus.ts'
import { freeVramMb } from '../hardware/free-vram.ts'
import type { GpuMonitor } from '../hardware/gpu-monitor.ts'
import { selectGpus } from '../hardware/select-gpus.ts'

const MAX_READ_MS = 1_000

export interface MachineGpusDeps {
  readonly monitor: GpuMonitor
  readonly accelMode: 'auto' | 'gpu' | 'cpu'
  /** `GPU_DEVICES`. */
  readonly devices: readonly string[]
  readonly clock: Clock
  readonly logger: Logger
}

/** The GPUs of this machine that the operator lets the miner use, as they are at each moment. */
export class MachineGpus implements EngineGpus {
  readonly #deps: MachineGpusDeps
  #told: string | null = null

  constructor(deps: MachineGpusDeps) {
    this.#deps = deps
  }

  usable(): readonly Gpu[] {
    return this.selected().filter(({ isUsable }) => isUsable)
  }

  /** Those that the settings name, usable or not. A name that fits none is told once, and then none is taken. */
  selected(): readonly Gpu[] {
    const { monitor, accelMode, devices } = this.#deps
    if (accelMode === 'cpu') return []
    const selection = selectGpus(monitor.gpus, devices)
    if (selection.ok) return selection.gpus
    this.#tellOnce(selection.message)
    return []
  }

  /** Tells what `ACCEL_MODE` gives on this machine. */
  report(): void {
    const { accelMode, logger } = this.#deps
    const isWithout = this.usable().length === 0
    if (accelMode === 'gpu' && isWithout) {
      logger.warn('ACCEL_MODE is gpu, but no GPU can be used: jobs run on the CPU until one can', {
        reason: this.selected().find(({ problem }) => problem !== null)?.problem?.message ?? 'none was found',
      })
    }
  }

  async freeVramMb(gpu: Gpu, signal: AbortSignal): Promise<number | null> {
    return freeVramMb(this.#deps.monitor, gpu, signal)
  }

  /** What the usable cards are doing; none when their driver takes long, since a heartbeat does not wait for that. */
  async readings(signal: AbortSignal): Promise<readonly GpuReading[]> {
    const { monitor, clock } = this.#deps
    const indices = new Set(this.usable().map(({ index }) => index))
    if (indices.size === 0) return []
    const done = new AbortController()
    const inTime = AbortSignal.any([signal, done.signal])
    const sample = await Promise.race([monitor.read(signal), clock.sleep(MAX_READ_MS, inTime).then(() => null)])
    done.abort()
    return sample?.readings.filter(({ index }) => indices.has(index)) ?? []
  }

  offered(): readonly OfferedGpu[] {
    const usable = this.usable()
    return usable.map((gpu) => ({
      index: gpu.index,
      uuid: gpu.uuid,
      name: gpu.name,
      vramMb: gpu.vramMb,
      driver: gpu.driver,
      backend: bestBackend(gpu, usable.length),
    }))
  }

  /** For the operator: all that the settings name. */
  statuses(): readonly GpuStatus[] {
    const cards = this.usable().length
    return this.selected().map((gpu) => ({
      index: gpu.index,
      name: gpu.name,
      vramMb: gpu.vramMb,
      backend: gpu.isUsable ? bestBackend(gpu, cards) : 'cpu',
      driver: gpu.driver,
      isUsable: gpu.isUsable,
      problem: gpu.problem?.message ?? null,
    }))
  }

  #tellOnce(message: string): void {
    if (this.#told === message) return
    this.#told = message
    this.#deps.logger.error('no GPU is used: GPU_DEVICES does not fit this machine', { reason: message })
  }
}

function bestBackend(gpu: Gpu, cards: number): string {
  return backendsFor('llama', gpu, cards)[0] ?? 'cpu'
}
