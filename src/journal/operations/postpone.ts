import type { Journal } from '../../domain/journal.ts'
import type { JournalContext } from '../journal-context.ts'
import { wrongState } from '../wrong-state.ts'
import { prepareStateOf } from './state-of.ts'

export function preparePostpone({ database }: JournalContext): Journal['postpone'] {
  const update = database.prepare('UPDATE outbox SET tries = tries + 1, next_try_at_ms = ? WHERE seq = ?')
  const stateOf = prepareStateOf(database)

  return (seq, nextTryAtMs) =>
    database.transact('postpone', () => {
      if (update.run(nextTryAtMs, seq).changes === 0) throw wrongState('postpone', seq, stateOf(seq), ['proven', 'failed'])
    })
}
