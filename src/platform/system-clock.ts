import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../domain/ports.ts'

/** A longer timer of Node fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** The machine's own time. A sleep of more than 24 days ends early. */
export class SystemClock implements Clock {
  nowMs(): number {
    return Date.now()
  }

  monotonicMs(): number {
    return performance.now()
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await delay(Math.min(ms, MAX_TIMER_MS), undefined, { signal })
    } catch {
      // Aborted: the caller looks at its signal.
    }
  }
}
