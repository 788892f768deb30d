import type { Journal } from '../../domain/journal.ts'
import { decodeEntry, ENTRY_COLUMNS } from '../decode-row.ts'
import type { JournalContext } from '../journal-context.ts'
import { wrongState } from '../wrong-state.ts'
import { prepareSetLease } from './set-lease.ts'

export function prepareRenewLease({ database, newKey }: JournalContext): Journal['renewLease'] {
  const select = database.prepare(`SELECT ${ENTRY_COLUMNS} FROM jobs WHERE seq = ?`)
  const setLease = prepareSetLease(database, newKey)

  return (seq, lease) =>
    database.transact('renew', () => {
      const row = select.get(seq)
      if (row === undefined) throw wrongState('renew the lease of', seq, null, ['accepted', 'running', 'proven', 'failed'])
      const { state, job } = decodeEntry(row)
      // The answer to a heartbeat may come after the receipt.
      if (state !== 'settled') setLease({ seq, before: job, attempt: job.attempt, lease })
    })
}
