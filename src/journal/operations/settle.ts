import type { Journal, JournalState } from '../../domain/journal.ts'
import type { JournalContext } from '../journal-context.ts'
import { wrongState } from '../wrong-state.ts'
import { prepareStateOf } from './state-of.ts'

export function prepareSettle({ database, tally, outputs }: JournalContext): Journal['settle'] {
  const update = database.prepare(`UPDATE jobs SET state = 'settled', settlement = ?, updated_at_ms = ? WHERE seq = ?`)
  const remove = database.prepare('DELETE FROM outbox WHERE seq = ? RETURNING output_kind')
  const keyOf = database.prepare('SELECT idempotency_key AS key FROM outbox WHERE seq = ?')
  const stateOf = prepareStateOf(database)

  return (seq, settlement, nowMs, deliveredKey) => {
    const settled = database.transact('settle', (): { from: JournalState; hasFile: boolean } | null => {
      const from = stateOf(seq)
      if (from !== 'proven' && from !== 'failed') throw wrongState('settle', seq, from, ['proven', 'failed'])
      const isCurrent = deliveredKey === undefined || keyOf.get(seq)?.['key'] === deliveredKey
      if (!isCurrent && settlement.kind !== 'credited') return null
      const row = remove.get(seq)
      update.run(JSON.stringify(settlement), nowMs, seq)
      return { from, hasFile: row?.['output_kind'] === 'file' }
    })
    if (settled === null) return false
    tally.move(settled.from, 'settled')
    if (settled.hasFile) outputs.remove(seq)
    return true
  }
}
