import { AitbcError } from '../../src/domain/errors.ts'
import type { LocalFaults, LocalPart } from '../../src/worker/local-faults.ts'

/** Keeps what was reported; a part that a test calls broken does not stand its examination. */
export class RecordedFaults implements Pick<LocalFaults, 'report' | 'examine'> {
  readonly reported: LocalPart[] = []
  readonly broken = new Set<LocalPart>()

  report(part: LocalPart): void {
    this.reported.push(part)
  }

  async examine(part: LocalPart): Promise<boolean> {
    if (this.broken.has(part)) this.report(part)
    return !this.broken.has(part)
  }
}

/** What the journal throws while the disk is full. */
export function diskFull(): AitbcError {
  return new AitbcError('AITBC_JOURNAL_WRITE', 'disk full for the test')
}
