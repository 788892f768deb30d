import type { Logger } from '../domain/ports.ts'

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * The first SIGTERM or SIGINT drains, the second cancels. Returns a disposer that removes the handlers,
 * so that a further signal then ends the process as usual.
 */
export function handleSignals(
  miner: { drain(): void; cancel(): void },
  deps: { readonly process: NodeJS.EventEmitter; readonly logger: Logger },
): Disposable {
  let received = 0
  const onSignal = (signal: string): void => {
    received += 1
    if (received === 1) {
      deps.logger.info('stopping: no new jobs, running ones may finish; send the signal again to cancel them', { signal })
      miner.drain()
    } else {
      if (received === 2) deps.logger.warn('stopping now: running jobs are handed back', { signal })
      miner.cancel()
    }
  }
  for (const signal of STOP_SIGNALS) deps.process.on(signal, onSignal)
  return {
    [Symbol.dispose](): void {
      for (const signal of STOP_SIGNALS) deps.process.off(signal, onSignal)
    },
  }
}
