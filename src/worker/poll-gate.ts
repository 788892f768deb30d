/** Why the miner takes no jobs although a slot is free. */
export type GateReason = 'no_contact_yet' | 'coordinator_asked' | 'not_configured'

/** Open when no reason keeps it shut. */
export class PollGate {
  readonly #reasons = new Set<GateReason>()
  #waiters: (() => void)[] = []

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
    if (this.#reasons.size === 0) for (const wake of this.#waiters.splice(0)) wake()
  }

  /** Resolves when the gate is open or the signal aborts. */
  async whenOpen(signal: AbortSignal): Promise<void> {
    while (this.#reasons.size > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal.removeEventListener('abort', done)
          resolve()
        }
        this.#waiters.push(done)
        signal.addEventListener('abort', done, { once: true })
      })
    }
  }
}
