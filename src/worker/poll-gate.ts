import { Waiters } from './waiters.ts'

/** Why the miner takes no jobs although a slot is free. */
export type GateReason = 'no_contact_yet' | 'coordinator_asked' | 'not_configured' | 'local_fault' | 'outbox_full'

/** Open when no reason keeps it shut. */
export class PollGate {
  readonly #reasons = new Set<GateReason>()
  readonly #waiters = new Waiters()
  #polls: AbortController | null = null

  constructor(reasons: readonly GateReason[]) {
    for (const reason of reasons) this.#reasons.add(reason)
  }

  get isOpen(): boolean {
    return this.#reasons.size === 0
  }

  get reasons(): readonly GateReason[] {
    return [...this.#reasons]
  }

  /** A fault of this machine also breaks off the requests under way: they could only bring jobs to hand back. */
  shut(reason: GateReason): void {
    this.#reasons.add(reason)
    if (reason !== 'local_fault') return
    this.#polls?.abort()
    this.#polls = null
  }

  /** For a request for jobs: aborts with the given signal, and when a fault of this machine shuts the gate. */
  pollSignal(signal: AbortSignal): AbortSignal {
    this.#polls ??= linkedTo(signal)
    return this.#polls.signal
  }

  open(reason: GateReason): void {
    this.#reasons.delete(reason)
    this.#waiters.wake()
  }

  /** Resolves when the gate is open or the signal aborts. */
  whenOpen(signal: AbortSignal): Promise<void> {
    return this.#waiters.until(() => this.isOpen, signal)
  }
}

/** Its own controller from one fault to the next, not one for each request: those come by the thousand. */
function linkedTo(signal: AbortSignal): AbortController {
  const polls = new AbortController()
  const abort = (): void => polls.abort()
  signal.addEventListener('abort', abort, { signal: polls.signal })
  if (signal.aborted) abort()
  return polls
}
