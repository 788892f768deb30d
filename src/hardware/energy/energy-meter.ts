import type { Gpu } from '../../domain/gpu.ts'
import type { Clock } from '../../domain/ports.ts'
import type { GpuSample } from '../gpu-monitor.ts'
import { CpuLedger } from './cpu-ledger.ts'
import type { EnergyCounter } from './cpu-ledger.ts'
import { PowerLedger } from './power-ledger.ts'

/** What the meter needs of the GPU monitor. */
export interface WatchedGpus {
  readonly gpus: readonly Gpu[]
  watch(): () => void
  onSample(listener: (sample: GpuSample) => void): () => void
}

export interface EnergyMeterDeps {
  readonly gpus: WatchedGpus
  readonly cpu: EnergyCounter
  readonly clock: Clock
}

export interface MeteredDevices {
  /** Indices of the GPUs that the run uses. */
  readonly gpuIndices: readonly number[]
  /** Whether it computes on the CPU. */
  readonly withCpu: boolean
}

export interface EnergyReading {
  /**
   * Ends the measurement and gives the joules of the run; null when a device that it used could not be measured all the time.
   * A second call gives the same.
   */
  stop(): number | null
}

/** Longer without a reading of a GPU's power, and the run's energy is not told. */
const MAX_GAP_MS = 10_000

/** Far more often than any processor's counter wraps around. */
const CPU_SETTLE_MS = 30_000

/**
 * Measures the energy of runs: of the boards of their GPUs, and of the processors where they compute on those. Runs that share
 * a device at a time have its energy divided equally among them, so that all together never exceed what was measured. A MIG
 * device counts as its board, the only thing with a meter.
 */
export class EnergyMeter {
  readonly #deps: EnergyMeterDeps
  readonly #cpu: CpuLedger
  readonly #boards = new Map<number, PowerLedger>()

  constructor(deps: EnergyMeterDeps) {
    this.#deps = deps
    this.#cpu = new CpuLedger(deps.cpu)
  }

  /** Listens to the GPUs and keeps count of the processors until the signal aborts. Runs are measured only meanwhile. */
  async run(signal: AbortSignal): Promise<void> {
    const stopListening = this.#deps.gpus.onSample((sample) => {
      this.#read(sample)
    })
    try {
      while (!signal.aborted) {
        await this.#deps.clock.sleep(CPU_SETTLE_MS, signal)
        if (this.#cpu.isActive) this.#cpu.settle()
      }
    } finally {
      stopListening()
    }
  }

  /** A run begins. */
  start({ gpuIndices, withCpu }: MeteredDevices): EnergyReading {
    const { clock, gpus } = this.#deps
    const boards = new Set(gpuIndices.map((index) => gpus.gpus[index]?.parentIndex ?? index))
    const startedAtMs = clock.monotonicMs()
    const boardShares = [...boards].map((board) => {
      const ledger = this.#boardLedger(board)
      return { ledger, share: ledger.join(startedAtMs) }
    })
    const cpuShare = withCpu ? this.#cpu.join() : null
    const stopWatching = boards.size > 0 ? gpus.watch() : null

    const measure = (): number | null => {
      stopWatching?.()
      const endedAtMs = clock.monotonicMs()
      const parts = boardShares.map(({ ledger, share }) => ledger.leave(share, endedAtMs))
      if (cpuShare !== null) parts.push(this.#cpu.leave(cpuShare))
      return sumOrNull(parts)
    }
    let result: number | null | undefined
    return {
      stop: () => {
        if (result === undefined) result = measure()
        return result
      },
    }
  }

  #boardLedger(board: number): PowerLedger {
    const ledger = this.#boards.get(board) ?? new PowerLedger(MAX_GAP_MS)
    this.#boards.set(board, ledger)
    return ledger
  }

  #read({ atMs, readings }: GpuSample): void {
    for (const [board, ledger] of this.#boards) {
      const reading = readings.find(({ index }) => index === board)
      ledger.read(atMs, reading?.powerW ?? null)
    }
  }
}

/** Null for nothing measured, too: a run without a device has no energy to tell. */
function sumOrNull(parts: readonly (number | null)[]): number | null {
  if (parts.length === 0) return null
  let sum = 0
  for (const part of parts) {
    if (part === null) return null
    sum += part
  }
  return sum
}
