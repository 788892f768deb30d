import { newShare } from './power-ledger.ts'
import type { EnergyShare } from './power-ledger.ts'

/** Gives the joules since the call before; null when they are not known. */
export interface EnergyCounter {
  advance(): number | null
}

/**
 * Divides the processors' energy among the runs that use them: the counter is read wherever a run begins or ends, and what it
 * went up by is divided equally among the runs that were active. It counts the whole machine, whatever else runs on it.
 */
export class CpuLedger {
  readonly #counter: EnergyCounter
  readonly #active = new Set<EnergyShare>()

  constructor(counter: EnergyCounter) {
    this.#counter = counter
  }

  get isActive(): boolean {
    return this.#active.size > 0
  }

  join(): EnergyShare {
    this.settle()
    const share = newShare()
    this.#active.add(share)
    return share
  }

  /** Returns the run's joules, or null when some of its time could not be measured. */
  leave(share: EnergyShare): number | null {
    this.settle()
    this.#active.delete(share)
    return share.isBroken ? null : share.joules
  }

  /** Divides what was used so far. */
  settle(): void {
    const joules = this.#counter.advance()
    for (const share of this.#active) {
      if (joules === null) share.isBroken = true
      else share.joules += joules / this.#active.size
    }
  }
}
