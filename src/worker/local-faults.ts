import { AitbcError } from '../domain/errors.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import type { PollGate } from './poll-gate.ts'
import { Waiters } from './waiters.ts'

/** What of this machine a job needs and the miner cannot mend. */
export type LocalPart = 'file descriptors' | 'work folder' | 'journal'

/** How often a part that failed is tried again. */
export const FAULT_RETRY_MS = 2_000
/**
 * A part works again when its probe succeeds and whoever met the fault has not met it anew for so long: a small probe finds room where
 * a large output has none.
 */
const CALM_MS = 2 * FAULT_RETRY_MS

export interface LocalFaultsDeps {
  readonly gate: Pick<PollGate, 'shut' | 'open'>
  /** Each tries its part, and rejects or throws an `AitbcError` that says what to do while it does not work. */
  readonly probes: Readonly<Record<LocalPart, () => Promise<void> | void>>
  readonly clock: Clock
  readonly logger: Logger
  /** Told when the first part fails and when the last works again. */
  readonly onChange: () => void
}

interface Fault {
  readonly error: AitbcError
  /** Monotonic, of the last report. */
  reportedAtMs: number
}

/**
 * The parts of this machine that do not work at present. As long as there is one, no jobs are taken, since each would fail
 * here and might succeed elsewhere. Speaks once when a part fails and once when it works again.
 */
export class LocalFaults {
  readonly #deps: LocalFaultsDeps
  readonly #faults = new Map<LocalPart, Fault>()
  readonly #waiters = new Waiters()

  constructor(deps: LocalFaultsDeps) {
    this.#deps = deps
  }

  /** What does not work and what to do about it, for a person; null when all works. */
  get reason(): string | null {
    const [first] = this.#faults.values()
    return first?.error.message ?? null
  }

  /** Notes that a part has failed; to be called each time that it does. */
  report(part: LocalPart, error: AitbcError): void {
    const { clock, gate, logger, onChange } = this.#deps
    const reportedAtMs = clock.monotonicMs()
    const known = this.#faults.get(part)
    if (known !== undefined) {
      known.reportedAtMs = reportedAtMs
      return
    }
    this.#faults.set(part, { error, reportedAtMs })
    logger.error('no jobs are taken: mend what the error says, it is tried again by itself', {
      part,
      error: error.message,
      retry_s: FAULT_RETRY_MS / 1000,
    })
    if (this.#faults.size > 1) return
    gate.shut('local_fault')
    onChange()
    this.#waiters.wake()
  }

  /** Tries a part, and reports it when it does not work. Resolves with whether it does. */
  async examine(part: LocalPart): Promise<boolean> {
    const error = await this.#errorOf(part)
    if (error !== null) this.report(part, error)
    return error === null
  }

  /** Tries what has failed again and again until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#waiters.until(() => this.#faults.size > 0, signal)
      await this.#deps.clock.sleep(FAULT_RETRY_MS, signal)
      if (signal.aborted) return
      for (const [part, fault] of this.#faults) {
        const works = (await this.#errorOf(part)) === null
        if (works && this.#deps.clock.monotonicMs() - fault.reportedAtMs >= CALM_MS) this.#mended(part)
      }
    }
  }

  #mended(part: LocalPart): void {
    const { gate, logger, onChange } = this.#deps
    this.#faults.delete(part)
    logger.info('works again', { part })
    if (this.#faults.size > 0) return
    gate.open('local_fault')
    onChange()
  }

  async #errorOf(part: LocalPart): Promise<AitbcError | null> {
    try {
      await this.#deps.probes[part]()
      return null
    } catch (error) {
      if (!(error instanceof AitbcError)) throw error
      return error
    }
  }
}

/** True for an error of the journal that goes away when the disk has space or works again. */
export function isJournalWriteFailure(error: unknown): error is AitbcError {
  return error instanceof AitbcError && error.code === 'AITBC_JOURNAL_WRITE'
}
