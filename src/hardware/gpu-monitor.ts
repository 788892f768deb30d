import type { Gpu, GpuChange, GpuProblem, GpuReading } from '../domain/gpu.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import type { FoundGpus } from './found-gpu.ts'
import type { GpuSource } from './gpu-inspector.ts'
import { GpuLog } from './gpu-log.ts'
import { lostProblem } from './nvidia/nvidia-gpus.ts'
import { numberGpus } from './number-gpus.ts'

export interface GpuMonitorDeps {
  readonly source: GpuSource
  readonly clock: Clock
  readonly logger: Logger
  /** How often to read while someone watches. @default 500 */
  readonly sampleMs?: number
  /** How often to look for cards that came, went or were mended. @default 60000 */
  readonly probeMs?: number
}

/** What all GPUs were doing at one moment. */
export interface GpuSample {
  /** Monotonic. */
  readonly atMs: number
  readonly readings: readonly GpuReading[]
}

/** Reading may take at most this share of the time, however slow the driver is. */
const MAX_BUSY_SHARE = 1 / 5

/** A look out of turn, as after a card did not answer, comes no sooner than this after the last. */
const MIN_PROBE_GAP_MS = 5_000

/** One failure of nvidia-smi under load must not take all cards out of service; these may pass by themselves. */
const PASSING_PROBLEMS: ReadonlySet<GpuProblem['code']> = new Set(['timeout', 'failed', 'bad-output'])
const FAILURES_TO_BELIEVE = 2

/**
 * Keeps one picture of this machine's GPUs for everyone in the daemon: the heartbeat, the engines, the energy of jobs. It asks
 * the drivers only as often as someone needs to know: twice a second while a job's energy is measured, once for each
 * heartbeat, and once a minute for cards that come up after the daemon or fall off the bus.
 */
export class GpuMonitor {
  readonly #deps: Required<GpuMonitorDeps>
  readonly #log: GpuLog
  readonly #changeListeners = new Set<(change: GpuChange) => void>()
  readonly #sampleListeners = new Set<(sample: GpuSample) => void>()
  #gpus: readonly Gpu[] = []
  #problems: readonly GpuProblem[] = []
  #sample: GpuSample | null = null
  #reading: Promise<GpuSample> | null = null
  #watchers = 0
  #probedAtMs: number | null = null
  #isProbeDue = false
  #failures = 0
  #wake = new AbortController()

  constructor(deps: GpuMonitorDeps) {
    this.#deps = { sampleMs: 500, probeMs: 60_000, ...deps }
    this.#log = new GpuLog(deps.logger)
  }

  /** All GPUs ever seen, by index, usable or not; empty before the first `probe`. */
  get gpus(): readonly Gpu[] {
    return this.#gpus
  }

  /** What stands in the way of a vendor's GPUs as a whole. */
  get problems(): readonly GpuProblem[] {
    return this.#problems
  }

  /** Looks at the machine now. The first look is not a change; later ones tell the listeners what changed. Never rejects. */
  async probe(signal: AbortSignal): Promise<readonly Gpu[]> {
    this.#isProbeDue = false
    const found = await this.#deps.source.find(signal)
    if (signal.aborted) return this.#gpus
    const isFirst = this.#probedAtMs === null
    this.#probedAtMs = this.#deps.clock.monotonicMs()
    if (this.#isPassingFailure(found)) return this.#gpus
    const before = this.#gpus
    this.#gpus = numberGpus(before, found.gpus, (gpu) => goneProblem(gpu, found))
    this.#problems = found.problems
    this.#log.problems(found.problems)
    if (isFirst) for (const gpu of this.#gpus) this.#log.found(gpu)
    else this.#tellChanges(before)
    return this.#gpus
  }

  /** Keeps the picture up to date until the signal aborts. Looks first if nobody did before. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => {
      this.#wake.abort()
    }
    signal.addEventListener('abort', wake)
    try {
      while (!signal.aborted) {
        if (this.#msToProbe() <= 0) await this.probe(signal)
        const tookMs = this.#watchers > 0 ? await this.#readNow(signal) : 0
        if (signal.aborted) return
        const restMs = Math.max(this.#deps.sampleMs, tookMs / MAX_BUSY_SHARE - tookMs)
        await this.#rest(this.#watchers > 0 ? Math.min(restMs, Math.max(this.#msToProbe(), 0)) : Math.max(this.#msToProbe(), 0))
      }
    } finally {
      signal.removeEventListener('abort', wake)
    }
  }

  /**
   * Has the GPUs read all the time, beginning now, until the returned function is called; a second call of that does nothing.
   * Reads only while `run` runs.
   */
  watch(): () => void {
    this.#watchers += 1
    if (this.#watchers === 1) this.#wake.abort()
    let isWatching = true
    return () => {
      if (isWatching) this.#watchers -= 1
      isWatching = false
    }
  }

  /** The last readings if they are no older than this, else new ones. All calls at a time share one reading. Never rejects. */
  async read(signal: AbortSignal, maxAgeMs = 2 * this.#deps.sampleMs): Promise<GpuSample> {
    const last = this.#sample
    if (last !== null && this.#deps.clock.monotonicMs() - last.atMs <= maxAgeMs) return last
    this.#reading ??= this.#take(signal).finally(() => {
      this.#reading = null
    })
    return await this.#reading
  }

  /** Tells of changes after the first look; returns a function that ends it. */
  onChange(listener: (change: GpuChange) => void): () => void {
    this.#changeListeners.add(listener)
    return () => {
      this.#changeListeners.delete(listener)
    }
  }

  /** Tells each reading, whoever asked for it; returns a function that ends it. */
  onSample(listener: (sample: GpuSample) => void): () => void {
    this.#sampleListeners.add(listener)
    return () => {
      this.#sampleListeners.delete(listener)
    }
  }

  async #readNow(signal: AbortSignal): Promise<number> {
    const startedAtMs = this.#deps.clock.monotonicMs()
    await this.read(signal, -1)
    return this.#deps.clock.monotonicMs() - startedAtMs
  }

  async #take(signal: AbortSignal): Promise<GpuSample> {
    const { readings, lost, problem } = await this.#deps.source.read(this.#gpus, signal)
    const sample = { atMs: this.#deps.clock.monotonicMs(), readings }
    if (signal.aborted) return sample
    this.#sample = sample
    for (const listener of this.#sampleListeners) this.#guarded(() => listener(sample))
    if (lost.length > 0 || problem !== null) {
      this.#isProbeDue = true
      this.#wake.abort()
    }
    return sample
  }

  #msToProbe(): number {
    if (this.#probedAtMs === null) return 0
    const sinceMs = this.#deps.clock.monotonicMs() - this.#probedAtMs
    const { probeMs } = this.#deps
    return (this.#isProbeDue ? Math.min(MIN_PROBE_GAP_MS, probeMs) : probeMs) - sinceMs
  }

  /** Ends early when someone begins to watch, a card does not answer, or the monitor stops. */
  async #rest(ms: number): Promise<void> {
    // What called before this was seen by the loop on its way here.
    this.#wake = new AbortController()
    await this.#deps.clock.sleep(ms, this.#wake.signal)
  }

  #isPassingFailure({ nvidiaProblem }: FoundGpus): boolean {
    if (nvidiaProblem === null || !PASSING_PROBLEMS.has(nvidiaProblem.code)) {
      this.#failures = 0
      return false
    }
    this.#failures += 1
    const hasCards = this.#gpus.some(({ hasCuda, isUsable }) => hasCuda && isUsable)
    if (!hasCards || this.#failures >= FAILURES_TO_BELIEVE) return false
    this.#isProbeDue = true
    this.#log.askingAgain(nvidiaProblem)
    return true
  }

  #tellChanges(before: readonly Gpu[]): void {
    for (const gpu of this.#gpus) {
      const kind = changeOf(before[gpu.index], gpu)
      if (kind === null) continue
      this.#log.changed({ kind, gpu })
      for (const listener of this.#changeListeners) this.#guarded(() => listener({ kind, gpu }))
    }
  }

  /** A listener's mistake must not end the loop that everyone relies on. */
  #guarded(tell: () => void): void {
    try {
      tell()
    } catch (error) {
      this.#deps.logger.error('listener to GPU news failed', { error: error instanceof Error ? error.message : String(error) })
    }
  }
}

function changeOf(before: Gpu | undefined, gpu: Gpu): GpuChange['kind'] | null {
  if (before === undefined) return 'appeared'
  if (before.isUsable === gpu.isUsable) return null
  return gpu.isUsable ? 'recovered' : 'lost'
}

function goneProblem(gpu: Gpu, { nvidiaProblem }: FoundGpus): GpuProblem {
  if (gpu.vendor === 'nvidia' && nvidiaProblem !== null) return nvidiaProblem
  return lostProblem(gpu.pciBusId ?? gpu.uuid ?? gpu.name, 'it is not listed any more')
}
