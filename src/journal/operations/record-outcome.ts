import type { Journal, OutboxEntry } from '../../domain/journal.ts'
import type { Job } from '../../domain/job.ts'
import type { Outcome, ProofOfCompute } from '../../domain/outcome.ts'
import { decodeEntry, decodeOutboxEntry, ENTRY_COLUMNS, OUTBOX_COLUMNS } from '../decode-row.ts'
import { encodeOutcome, outputOf } from '../encode-row.ts'
import type { JournalContext } from '../journal-context.ts'
import { wrongState } from '../wrong-state.ts'
import { prepareStateOf } from './state-of.ts'

type Signer = (job: Job) => ProofOfCompute | null

export function prepareRecordOutcome({ database, tally, outputs, newKey }: JournalContext): Journal['recordOutcome'] {
  const update = database.prepare(
    `UPDATE jobs SET state = ?, failure_code = ?, updated_at_ms = ? WHERE seq = ? AND state IN ('accepted', 'running')`,
  )
  const insert = database.prepare(
    `INSERT INTO outbox (seq, idempotency_key, next_try_at_ms, created_at_ms, outcome, output_kind, output) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const select = database.prepare(`SELECT ${OUTBOX_COLUMNS} FROM outbox JOIN jobs USING (seq) WHERE seq = ?`)
  const selectJob = database.prepare(`SELECT ${ENTRY_COLUMNS} FROM jobs WHERE seq = ?`)
  const stateOf = prepareStateOf(database)

  return async (seq, outcome, nowMs, sign) => {
    // Checked before the file is touched, and again in the transaction, since another call may come between.
    unprovenStateOf(seq)
    const bytes = outputOf(outcome)
    if (bytes?.kind === 'file') {
      await outputs.adopt(seq, bytes.path)
      database.crashPoint('outcome:after-file')
    }
    return write(seq, outcome, nowMs, sign)
  }

  function write(seq: number, outcome: Outcome, nowMs: number, sign: Signer | undefined): OutboxEntry {
    const bytes = outputOf(outcome)
    const to = outcome.kind === 'proved' ? 'proven' : 'failed'
    const { entry, from } = database.transact('outcome', () => {
      const from = unprovenStateOf(seq)
      update.run(to, outcome.kind === 'failed' ? outcome.failure.code : null, nowMs, seq)
      const signed =
        sign !== undefined && outcome.kind === 'proved' ? { ...outcome, poc: sign(decodeEntry(selectJob.get(seq)).job) } : outcome
      const data = bytes?.kind === 'memory' ? bytes.data : null
      insert.run(seq, newKey(), nowMs, nowMs, encodeOutcome(signed), bytes?.kind ?? null, data)
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
