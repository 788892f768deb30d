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

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    // Not node:timers/promises: it makes an error with a stack for each sleep that is cut short.
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.min(ms, MAX_TIMER_MS))
      signal.addEventListener('abort', wake)
    })
  }
}
