import type { Journal } from '../../domain/journal.ts'
import type { JournalContext } from '../journal-context.ts'
import { wrongState } from '../wrong-state.ts'
import { prepareStateOf } from './state-of.ts'

export function prepareMarkRunning({ database, tally }: JournalContext): Journal['markRunning'] {
  const update = database.prepare(`UPDATE jobs SET state = 'running', updated_at_ms = ? WHERE seq = ? AND state = 'accepted'`)
  const stateOf = prepareStateOf(database)

  return (seq, nowMs) => {
    database.transact('running', () => {
      if (update.run(nowMs, seq).changes === 0) throw wrongState('run', seq, stateOf(seq), ['accepted'])
    })
    tally.move('accepted', 'running')
  }
}
