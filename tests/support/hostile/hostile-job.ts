import type { FailureCode } from '../../../src/domain/failure-codes.ts'

/** A job that somebody sends to harm the miner, and what becomes of it. */
export interface HostileJob {
  readonly name: string
  /** The text of the job, as the coordinator hands it out. */
  readonly text: string
  /** `completed` where it does no harm as it is; `ignored` where it cannot be read well enough to refuse it. */
  readonly ends: FailureCode | 'completed' | 'ignored'
}

export type Document = Readonly<Record<string, unknown>>

/** A job that does no harm. */
export const SMALL_BENCH = { workload: 'torch_bench', params: { size: 8, iterations: 1 } }

/** Stands for an id of the job's own, given when the table is put together. */
export const ID = '@ID@'

/** A document with an id of its own, unless it brings one. */
export function job(ends: HostileJob['ends'], name: string, document: Document): HostileJob {
  return { name, ends, text: JSON.stringify({ id: ID, ...document }) }
}

/** As a text, for what `JSON.stringify` would not write. */
export function written(ends: HostileJob['ends'], name: string, text: string): HostileJob {
  return { name, ends, text }
}
