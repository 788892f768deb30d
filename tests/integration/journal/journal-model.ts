import type { FailureCode } from '../../../src/domain/failure-codes.ts'
import type { JournalState } from '../../../src/domain/journal.ts'

export interface ModelEntry {
  readonly seq: number
  readonly id: string
  attempt: number
  lease: string
  state: JournalState
  recoveries: number
  updatedAtMs: number
  failureCode: FailureCode | null
  isCredited: boolean
  outbox: { key: string; tries: number; dueMs: number; hasFile: boolean } | null
}

/** The journal as a list: what it must look like from outside, with none of its technique. */
export interface Model {
  nowMs: number
  nextSeq: number
  entries: ModelEntry[]
}
