import type { Outcome, Settlement } from '../domain/outcome.ts'

/** What has happened since the daemon started, for `status`. */
export class MinerTotals {
  accepted = 0
  proved = 0
  failed = 0
  credited = 0
  dropped = 0
  /** With its unit, from the last receipt that told one. */
  balance: string | null = null

  countAccepted(): void {
    this.accepted += 1
  }

  countOutcome(outcome: Outcome): void {
    if (outcome.kind === 'proved') this.proved += 1
    else this.failed += 1
  }

  countSettlement(settlement: Settlement): void {
    if (settlement.kind === 'dropped') this.dropped += 1
    if (settlement.kind !== 'credited') return
    this.credited += 1
    if (settlement.balance !== null)
      this.balance = [settlement.balance, settlement.unit].filter((part) => part !== null).join(' ')
  }
}
