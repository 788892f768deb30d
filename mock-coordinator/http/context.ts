import type { KeyRing } from '../auth/key-ring.ts'
import type { Dispatcher } from '../desk/dispatcher.ts'
import type { EventHub } from '../desk/event-hub.ts'
import type { FailureDesk } from '../desk/failure-desk.ts'
import type { HeartbeatDesk } from '../desk/heartbeat-desk.ts'
import type { JobDesk } from '../desk/job-desk.ts'
import type { ProofDesk } from '../desk/proof-desk.ts'
import type { Statistics } from '../desk/statistics.ts'
import type { WalletDesk } from '../desk/wallet-desk.ts'
import type { FaultInjector } from '../faults/fault-injector.ts'
import type { Settings } from '../settings.ts'
import type { Store } from '../store/store.ts'
import type { IdempotencyGuard } from './idempotency-guard.ts'

/** What the routes work with. */
export interface Context {
  readonly settings: Settings
  readonly store: Store
  readonly keys: KeyRing
  readonly hub: EventHub
  readonly dispatcher: Dispatcher
  readonly heartbeats: HeartbeatDesk
  readonly proofs: ProofDesk
  readonly failures: FailureDesk
  readonly jobs: JobDesk
  readonly wallets: WalletDesk
  readonly statistics: Statistics
  readonly idempotency: IdempotencyGuard
  readonly faults: FaultInjector
  readonly startedMs: number
  readonly version: string
}
