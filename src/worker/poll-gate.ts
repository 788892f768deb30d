import { Waiters } from './waiters.ts'

/** Why the miner takes no jobs although a slot is free. */
export type GateReason = 'no_contact_yet' | 'coordinator_asked' | 'not_configured'

/** Open when no reason keeps it shut. */
export class PollGate {
  readonly #reasons = new Set<GateReason>()
  readonly #waiters = new Waiters()

  constructor(reasons: readonly GateReason[]) {
    for (const reason of reasons) this.#reasons.add(reason)
  }

  get reasons(): readonly GateReason[] {
    return [...this.#reasons]
  }

  shut(reason: GateReason): void {
    this.#reasons.add(reason)
  }

  open(reason: GateReason): void {
    this.#reasons.delete(reason)
    this.#waiters.wake()
  }

  /** Resolves when the gate is open or the signal aborts. */
  whenOpen(signal: AbortSignal): Promise<void> {
    return this.#waiters.until(() => this.#reasons.size === 0, signal)
  }
}
