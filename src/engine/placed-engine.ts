import { JobFailureError } from '../domain/failure-codes.ts'
import type { Gpu } from '../domain/gpu.ts'
import type { Clock } from '../domain/ports.ts'
import type { EngineDevice } from './engine-device.ts'
import type { EngineGpus } from './engine-gpus.ts'
import type { EngineHost, HostAnswer, HostRun } from './engine-host.ts'
import { watchVram } from './watch-vram.ts'

export interface PlacedEngineDeps {
  readonly device: EngineDevice
  readonly host: EngineHost
  readonly gpus: EngineGpus
  readonly clock: Clock
}

export interface PlacedAnswer extends HostAnswer {
  /** Most memory of the card that was taken since the engine started, in MiB; null on the processor, and where nobody tells. */
  readonly peakVramMb: number | null
}

/** An engine on its device: watches the card's memory while a run is in it, and remembers which models it holds. */
export class PlacedEngine {
  readonly #deps: PlacedEngineDeps
  /** Of the child with this process id. */
  #models = { pid: -1, hashes: new Set<string>() }
  #baselineMb: number | null = null

  constructor(deps: PlacedEngineDeps) {
    this.#deps = deps
  }

  get device(): EngineDevice {
    return this.#deps.device
  }

  get host(): EngineHost {
    return this.#deps.host
  }

  /** Whether its child has run this model and is still there. */
  hasModel(sha256: string): boolean {
    return this.#deps.host.status().pid === this.#models.pid && this.#models.hashes.has(sha256)
  }

  /** As `EngineHost.run`, with `E_OOM` for a run that takes more of the card than `vramMb`, and `E_NOGPU` when the card goes away. */
  async run(run: HostRun, vramMb: number | null): Promise<PlacedAnswer> {
    const { device, host, gpus, clock } = this.#deps
    const { gpu } = device
    if (gpu === null) return { ...(await host.run(run)), peakVramMb: null }
    if (host.status().pid === null) this.#baselineMb = await gpus.freeVramMb(gpu, run.signal)
    const over = new AbortController()
    const ended = new AbortController()
    let peakVramMb: number | null = null
    const onSample = (takenMb: number): void => {
      peakVramMb = Math.max(peakVramMb ?? 0, takenMb)
      if (vramMb === null || takenMb <= vramMb) return
      over.abort(
        new JobFailureError('E_OOM', `the job took ${Math.ceil(takenMb)} MiB of the GPU, more than the limit of ${vramMb} MiB`),
      )
    }
    const freeMb = async (signal: AbortSignal): Promise<number | null> => {
      if (this.#isGone(gpu)) over.abort(goneFailure(gpu))
      return gpus.freeVramMb(gpu, signal)
    }
    void watchVram({ clock, freeMb, baselineMb: this.#baselineMb, onSample }, ended.signal)
    try {
      const answer = await host.run({ ...run, signal: AbortSignal.any([run.signal, over.signal]) })
      this.#remember(run)
      return { ...answer, peakVramMb }
    } catch (error) {
      // A card that goes takes the engine with it, before or after its driver tells.
      const isEngineFailure = error instanceof JobFailureError && error.failure.code === 'E_ENGINE'
      if (isEngineFailure && this.#isGone(gpu)) throw goneFailure(gpu, error)
      throw error
    } finally {
      ended.abort()
    }
  }

  #isGone(gpu: Gpu): boolean {
    return !this.#deps.gpus.usable().some(({ index }) => index === gpu.index)
  }

  #remember({ message }: HostRun): void {
    const pid = this.#deps.host.status().pid ?? -1
    if (this.#models.pid !== pid) this.#models = { pid, hashes: new Set() }
    if (message.model !== null) this.#models.hashes.add(message.model.sha256)
  }
}

function goneFailure(gpu: Gpu, cause?: Error): JobFailureError {
  return new JobFailureError('E_NOGPU', `GPU ${gpu.index} (${gpu.name}) went away during the job`, { cause })
}
