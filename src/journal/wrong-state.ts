import { AitbcError } from '../domain/errors.ts'
import type { JournalState } from '../domain/journal.ts'

/** The error of an operation against an entry that is not in a state for it; `state` is null when there is no such entry. */
export function wrongState(doing: string, seq: number, state: string | null, wanted: readonly JournalState[]): AitbcError {
  const found = state === null ? 'there is no such entry' : `it is ${state}`
  return new AitbcError(
    'AITBC_JOURNAL_STATE',
    `cannot ${doing} journal entry ${seq}: ${found}, not ${wanted.join(' or ')}; please report it`,
    {
      facts: { seq, state: state ?? 'none' },
    },
  )
}
