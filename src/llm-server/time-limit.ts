import type { Clock } from '../domain/ports.ts'

export interface TimeLimit {
  readonly ms: number
  readonly clock: Clock
  readonly signal: AbortSignal
  /** What to reject with when the time is up. */
  readonly cause: () => Error
}

/**
 * Runs `action` under a signal that aborts when time is up or the outer signal does. Rejects with the reason of that abort
 * at once, whatever the action makes of it.
 */
export async function withTimeLimit<T>(
  { ms, clock, signal, cause }: TimeLimit,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const ending = new AbortController()
  const timer = new AbortController()
  const onAbort = (): void => ending.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  void clock.sleep(ms, timer.signal).then(() => {
    if (!timer.signal.aborted) ending.abort(cause())
  })
  try {
    return await new Promise<T>((resolve, reject) => {
      ending.signal.addEventListener('abort', () => reject(ending.signal.reason), { once: true })
      action(ending.signal).then(resolve, reject)
    })
  } finally {
    timer.abort()
    signal.removeEventListener('abort', onAbort)
  }
}
