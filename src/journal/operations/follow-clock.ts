import { MAX_DELIVERY_PAUSE_MS } from '../../domain/journal.ts'
import type { Journal } from '../../domain/journal.ts'
import type { JournalContext } from '../journal-context.ts'

export function prepareFollowClock({ database }: JournalContext): Journal['followClock'] {
  const update = database.prepare(
    `UPDATE outbox SET created_at_ms = min(created_at_ms + :moved, :now), next_try_at_ms = min(next_try_at_ms + :earlier, :latest)`,
  )

  return (movedMs, nowMs) =>
    database.transact('clock', () => {
      // A clock that was set forward brings the tries sooner by itself.
      const earlier = Math.min(Math.round(movedMs), 0)
      update.run({ moved: Math.round(movedMs), now: nowMs, earlier, latest: nowMs + MAX_DELIVERY_PAUSE_MS })
    })
}
