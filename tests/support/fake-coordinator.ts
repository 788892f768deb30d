import type {
  Coordinator,
  Heartbeat,
  HeartbeatAnswer,
  JobEvent,
  NextAnswer,
  NextQuery,
  RegisterAnswer,
} from '../../src/domain/coordinator.ts'
import { CoordinatorFailure } from '../../src/domain/coordinator-failure.ts'
import type { FailureClass } from '../../src/domain/coordinator-failure.ts'
import type { JobFailure } from '../../src/domain/failure-codes.ts'
import type { OutboxEntry } from '../../src/domain/journal.ts'
import type { Settlement } from '../../src/domain/outcome.ts'

export const CREDITED: Settlement = { kind: 'credited', reward: '1', balance: '1', unit: 'AITBC' }
export const NO_ORDERS: HeartbeatAnswer = { serverTimeMs: null, leases: null, cancel: [], drain: false }

/** The port, each call answered by a function that a test sets; what was asked is kept. */
export class FakeCoordinator implements Coordinator {
  readonly heartbeats: Heartbeat[] = []
  readonly beatTimeoutsMs: (number | undefined)[] = []
  readonly queries: NextQuery[] = []
  readonly delivered: OutboxEntry[] = []
  readonly refused: { readonly id: string; readonly failure: JobFailure }[] = []
  registrations = 0
  onRegister: () => RegisterAnswer | null = () => null
  onHeartbeat: () => HeartbeatAnswer | Promise<HeartbeatAnswer> = () => NO_ORDERS
  onNext: (signal: AbortSignal) => NextAnswer | Promise<NextAnswer> = () => ({ kind: 'none', skipped: {} })
  onDeliver: (entry: OutboxEntry) => Settlement | Promise<Settlement> = () => CREDITED

  onEvents: (jobId: string, events: readonly JobEvent[], signal: AbortSignal) => Promise<unknown> = async () => {}

  async register(): Promise<RegisterAnswer | null> {
    this.registrations += 1
    return this.onRegister()
  }

  async heartbeat(heartbeat: Heartbeat, _signal: AbortSignal, timeoutMs?: number): Promise<HeartbeatAnswer> {
    this.heartbeats.push(heartbeat)
    this.beatTimeoutsMs.push(timeoutMs)
    return this.onHeartbeat()
  }

  async next(query: NextQuery, signal: AbortSignal): Promise<NextAnswer> {
    this.queries.push(query)
    return this.onNext(signal)
  }

  async deliver(entry: OutboxEntry): Promise<Settlement> {
    this.delivered.push(entry)
    return this.onDeliver(entry)
  }

  async refuse(id: string, _leaseId: string | null, failure: JobFailure): Promise<void> {
    this.refused.push({ id, failure })
  }

  async sendEvents(jobId: string, events: readonly JobEvent[], signal: AbortSignal): Promise<void> {
    await this.onEvents(jobId, events, signal)
  }

  async close(): Promise<void> {}
}

export function failing(
  failureClass: FailureClass,
  retryAfterMs: number | null = null,
  status: number | null = null,
): CoordinatorFailure {
  return new CoordinatorFailure(`${failureClass} for the test`, { failureClass, status, apiCode: null, retryAfterMs })
}
