import { execFile } from 'node:child_process'
import type { Logger, ServiceNotifier } from '../domain/ports.ts'

const TIMEOUT_MS = 5_000
const SEARCH_PATH = '/usr/bin:/bin'

export interface ServiceNotifierOptions {
  /** The variable NOTIFY_SOCKET, which systemd sets for a unit of Type=notify. */
  readonly notifySocket: string | undefined
  readonly logger: Logger
  /** @default systemd-notify, looked up in /usr/bin and /bin */
  readonly command?: string
}

/** A notifier for systemd, or one that does nothing when the daemon was not started by it. */
export function createServiceNotifier({
  notifySocket,
  logger,
  command = 'systemd-notify',
}: ServiceNotifierOptions): ServiceNotifier {
  if (notifySocket === undefined || notifySocket === '') return new SilentNotifier()
  return new SystemdNotifier({ notifySocket, logger, command })
}

/**
 * Speaks to systemd through its own `systemd-notify`, since Node cannot send to a Unix datagram socket; the unit
 * needs `NotifyAccess=all`. Messages go one at a time and in order; a status or sign of life not yet sent is replaced
 * by a newer one.
 */
class SystemdNotifier implements ServiceNotifier {
  readonly #deps: { readonly notifySocket: string; readonly logger: Logger; readonly command: string }
  /** By variable, in the order they came. */
  readonly #waiting = new Map<string, string>()
  #sending: Promise<void> | null = null
  #hasFailed = false

  constructor(deps: { readonly notifySocket: string; readonly logger: Logger; readonly command: string }) {
    this.#deps = deps
  }

  ready(): void {
    this.#tell('READY', '1')
  }

  reloading(): void {
    this.#tell('RELOADING', '1')
    // CLOCK_MONOTONIC, which units of Type=notify-reload ask for.
    this.#tell('MONOTONIC_USEC', String(process.hrtime.bigint() / 1000n))
  }

  stopping(limitMs: number): void {
    this.#tell('STOPPING', '1')
    // Longer than TimeoutStopSec= where the operator's DRAIN_SECS is; where it is shorter, systemd waits no less for it.
    this.#tell('EXTEND_TIMEOUT_USEC', String(Math.ceil(limitMs) * 1000))
  }

  status(text: string): void {
    this.#tell('STATUS', text.replaceAll(/\s+/g, ' ').slice(0, 200))
  }

  watchdog(): void {
    this.#tell('WATCHDOG', '1')
  }

  async flush(): Promise<void> {
    await this.#sending
  }

  #tell(variable: string, value: string): void {
    this.#waiting.set(variable, value)
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null
    })
  }

  async #sendAll(): Promise<void> {
    // What is told in the same turn goes as one message.
    await Promise.resolve()
    while (this.#waiting.size > 0) {
      const variables = [...this.#waiting].map(([variable, value]) => `${variable}=${value}`)
      this.#waiting.clear()
      await this.#send(variables)
    }
  }

  #send(variables: readonly string[]): Promise<void> {
    const { command, notifySocket, logger } = this.#deps
    const options = {
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      env: { PATH: SEARCH_PATH, NOTIFY_SOCKET: notifySocket },
    } as const
    return new Promise((resolve) => {
      const done = (failure: string | null): void => {
        if (failure !== null && !this.#hasFailed) {
          this.#hasFailed = true
          logger.warn('service manager not told', { command, error: failure })
        }
        resolve()
      }
      try {
        execFile(command, variables, options, (error) => done(error?.message ?? null))
      } catch (error) {
        // Most failures come as an event, but not all, such as lack of memory.
        done(String(error))
      }
    })
  }
}

class SilentNotifier implements ServiceNotifier {
  ready(): void {}

  reloading(): void {}

  stopping(): void {}

  status(): void {}

  watchdog(): void {}

  async flush(): Promise<void> {}
}
