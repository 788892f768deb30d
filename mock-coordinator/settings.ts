import type { IssuedKey } from './auth/key-ring.ts'
import type { CrashPoint } from './crash-points.ts'
import type { FaultPlan } from './faults/fault-plan.ts'

/** The figures a coordinator runs by. */
export interface Settings {
  readonly isStrict: boolean
  /** Issued keys, for strict mode. */
  readonly keys: readonly IssuedKey[]
  /** SQLite file, or `:memory:`. */
  readonly dbPath: string
  readonly leaseS: number
  /** How often a job is handed out before it fails. */
  readonly maxAttempts: number
  readonly sweepMs: number
  /** A miner is online this long after it was last heard. */
  readonly onlineS: number
  readonly maxWaitS: number
  readonly defaultTtlS: number
  /** What a job pays when its client offers nothing. */
  readonly defaultReward: string
  readonly unit: string
  readonly maxJsonBytes: number
  readonly maxOutputBytes: number
  readonly maxIdempotencyRecords: number
  readonly maxAuthFailuresPerMinute: number
  /** What goes wrong from the start; null: nothing. */
  readonly faults: FaultPlan | null
  readonly nowMs: () => number
  /** Takes one line per request and event; never an API key. */
  readonly log: (line: string) => void
  /** Called at each crash point, for tests. */
  readonly crashPoint: (name: CrashPoint) => void
}

/** What a coordinator runs by unless told otherwise. */
export const DEFAULT_SETTINGS: Settings = {
  isStrict: false,
  keys: [],
  dbPath: ':memory:',
  leaseS: 60,
  maxAttempts: 3,
  sweepMs: 1000,
  onlineS: 60,
  maxWaitS: 60,
  defaultTtlS: 86_400,
  defaultReward: '0.25',
  unit: 'AITBC',
  maxJsonBytes: 1024 * 1024,
  maxOutputBytes: 64 * 1024 * 1024,
  maxIdempotencyRecords: 100_000,
  maxAuthFailuresPerMinute: 300,
  faults: null,
  nowMs: () => Date.now(),
  log: () => undefined,
  crashPoint: () => undefined,
}
