import type { Journal, OutboxEntry } from '../../domain/journal.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { decodeOutboxEntry, OUTBOX_COLUMNS } from '../decode-row.ts'
import { encodeOutcome, outputOf } from '../encode-row.ts'
import type { JournalContext } from '../journal-context.ts'
import { wrongState } from '../wrong-state.ts'
import { prepareStateOf } from './state-of.ts'

export function prepareRecordOutcome({ database, tally, outputs, newKey }: JournalContext): Journal['recordOutcome'] {
  const update = database.prepare(
    `UPDATE jobs SET state = ?, updated_at_ms = ? WHERE seq = ? AND state IN ('accepted', 'running')`,
  )
  const insert = database.prepare(
    `INSERT INTO outbox (seq, idempotency_key, next_try_at_ms, created_at_ms, outcome, output_kind, output) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const select = database.prepare(`SELECT ${OUTBOX_COLUMNS} FROM outbox JOIN jobs USING (seq) WHERE seq = ?`)
  const stateOf = prepareStateOf(database)

  return async (seq, outcome, nowMs) => {
    // Checked before the file is touched, and again in the transaction, since another call may come between.
    unprovenStateOf(seq)
    const bytes = outputOf(outcome)
    if (bytes?.kind === 'file') {
      await outputs.adopt(seq, bytes.path)
      database.crashPoint('outcome:after-file')
    }
    return write(seq, outcome, nowMs)
  }

  function write(seq: number, outcome: Outcome, nowMs: number): OutboxEntry {
    const bytes = outputOf(outcome)
    const to = outcome.kind === 'proved' ? 'proven' : 'failed'
    const { entry, from } = database.transact('outcome', () => {
      const from = unprovenStateOf(seq)
      update.run(to, nowMs, seq)
      const data = bytes?.kind === 'memory' ? bytes.data : null
      insert.run(seq, newKey(), nowMs, nowMs, encodeOutcome(outcome), bytes?.kind ?? null, data)
      return { entry: decodeOutboxEntry(select.get(seq), (seq) => outputs.pathOf(seq)), from }
    })
    tally.move(from, to)
    return entry
  }

  function unprovenStateOf(seq: number): 'accepted' | 'running' {
    const state = database.read('the state of an entry', () => stateOf(seq))
    if (state === 'accepted' || state === 'running') return state
    throw wrongState('record an outcome of', seq, state, ['accepted', 'running'])
  }
}
