import type { Clock, Logger } from '../domain/ports.ts'
import type { LoopProgress } from './loop-progress.ts'

/** Beats in the time after which the service manager gives the daemon up. */
const BEATS_PER_LIMIT = 4

export interface WatchdogDeps {
  /** After so long without a beat the service manager ends the daemon and starts it anew. */
  readonly limitMs: number
  /** The loops of this moment. */
  readonly loops: () => readonly Pick<LoopProgress, 'name' | 'overdueMs'>[]
  /** Gives the service manager a sign of life. */
  readonly beat: () => void
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Beats as long as all loops turn, until the signal aborts. A loop that hangs ends the beats, and so does an event loop that
 * is blocked, since then nothing here runs: either way the daemon is killed and started anew, and takes its jobs up from
 * the journal.
 */
export async function runWatchdog({ limitMs, loops, beat, clock, logger }: WatchdogDeps, signal: AbortSignal): Promise<void> {
  let told: string | null = null
  while (!signal.aborted) {
    const hung = loops().find(({ overdueMs }) => overdueMs > 0)
    if (hung === undefined) {
      if (told !== null) logger.warn('loop goes on', { loop: told })
      told = null
      beat()
    } else if (told !== hung.name) {
      told = hung.name
      logger.error('loop hangs: the service manager restarts the miner unless it goes on', {
        loop: hung.name,
        overdue_s: Math.round(hung.overdueMs / 1000),
        limit_s: limitMs / 1000,
      })
    }
    await clock.sleep(limitMs / BEATS_PER_LIMIT, signal)
  }
}
