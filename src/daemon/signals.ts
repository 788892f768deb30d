import type { Logger } from '../domain/ports.ts'

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** Once all is put away, the process ends by itself within milliseconds; after this, a further signal ends it as usual. */
const LETTING_GO_MS = 5_000

/** What signals act on. */
export interface Stoppable {
  drain(): void
  cancel(): void
}

/**
 * The first SIGTERM or SIGINT drains, the second cancels. A signal that comes before there is anything to stop is kept for
 * it; one that comes after `letGo` changes nothing any more, so that the exit code is that of an orderly end.
 */
export class StopSignals {
  readonly #deps: { readonly process: NodeJS.EventEmitter; readonly logger: Logger }
  #received = 0
  #miner: Stoppable | null = null
  #isOver = false
  readonly #onSignal = (signal: string): void => this.#receive(signal)

  constructor(deps: { readonly process: NodeJS.EventEmitter; readonly logger: Logger }) {
    this.#deps = deps
  }

  /** Takes the signals from the system's hands. */
  listen(): void {
    for (const signal of STOP_SIGNALS) this.#deps.process.on(signal, this.#onSignal)
  }

  /** Whom the signals stop from now on; those that came before are passed on at once. */
  direct(miner: Stoppable): void {
    this.#miner = miner
    this.#stop()
  }

  /** True from the first of them on. */
  get isStopping(): boolean {
    return this.#received > 0
  }

  /** All is put away: nothing is left to stop. */
  letGo(): void {
    this.#isOver = true
    setTimeout(() => {
      for (const signal of STOP_SIGNALS) this.#deps.process.off(signal, this.#onSignal)
    }, LETTING_GO_MS).unref()
  }

  #receive(signal: string): void {
    if (this.#isOver) return
    this.#received += 1
    const { logger } = this.#deps
    if (this.#received === 1)
      logger.info('stopping: no new jobs, running ones may finish; send the signal again to cancel them', { signal })
    if (this.#received === 2) logger.warn('stopping now: running jobs are handed back', { signal })
    this.#stop()
  }

  #stop(): void {
    if (this.#received > 0) this.#miner?.drain()
    if (this.#received > 1) this.#miner?.cancel()
  }
}
