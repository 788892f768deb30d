import type { MinerStatus } from '../domain/miner-status.ts'
import type { Clock, ServiceNotifier } from '../domain/ports.ts'
import { statusLine } from './status-line.ts'

/** How often to look whether there is something new to tell; telling costs a process of a few milliseconds. */
const LOOK_MS = 2_000

export interface ServiceStatusDeps {
  /** Null while there is no miner. */
  readonly status: () => MinerStatus | null
  readonly notifier: Pick<ServiceNotifier, 'status' | 'watchdog'>
  readonly clock: Clock
}

/** Keeps the line that `systemctl status` shows up to date. */
export class ServiceStatus {
  readonly #deps: ServiceStatusDeps
  readonly #stop = new AbortController()
  #told: string | null = null

  constructor(deps: ServiceStatusDeps) {
    this.#deps = deps
  }

  /** Tells what is new from now on, until `stop` or `end`. */
  start(): void {
    void this.#run(this.#stop.signal)
  }

  stop(): void {
    this.#stop.abort()
  }

  /** The last word, which stays when the daemon is gone. */
  end(text: string): void {
    this.#stop.abort()
    this.#deps.notifier.status(text)
  }

  /** A sign of life, and with it the time of the last contact. */
  beat(): void {
    const status = this.#deps.status()
    if (status !== null && !this.#stop.signal.aborted) this.#tell(status)
    this.#deps.notifier.watchdog()
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const status = this.#deps.status()
      if (status !== null && statusLine(status).what !== this.#told) this.#tell(status)
      await this.#deps.clock.sleep(LOOK_MS, signal)
    }
  }

  #tell(status: MinerStatus): void {
    const { what, contact } = statusLine(status)
    this.#told = what
    this.#deps.notifier.status(contact === null ? what : `${what}; ${contact}`)
  }
}
