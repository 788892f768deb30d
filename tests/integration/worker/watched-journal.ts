import { isDeepStrictEqual } from 'node:util'
import type { Journal, JournalState } from '../../../src/domain/journal.ts'
import type { Settlement } from '../../../src/domain/outcome.ts'

/** The way of a job through the journal, as `domain/journal.ts` draws it. Null is no entry. */
const WAYS: ReadonlyMap<JournalState | null, readonly JournalState[]> = new Map<JournalState | null, readonly JournalState[]>([
  [null, ['accepted']],
  ['accepted', ['accepted', 'running', 'proven', 'failed']],
  ['running', ['accepted', 'proven', 'failed']],
  ['proven', ['settled']],
  ['failed', ['settled']],
  ['settled', []],
])

/** Keeps the state of every entry through all lives of a journal, and objects to a step that is not on the drawing. */
export class JobWays {
  #states = new Map<number, JournalState>()

  step(seq: number, to: JournalState): void {
    const from = this.#states.get(seq) ?? null
    if (WAYS.get(from)?.includes(to) !== true) throw new Error(`entry ${seq} went from ${from ?? 'nowhere'} to ${to}`)
    this.#states.set(seq, to)
  }

  /** What the disk says counts: a process was killed, with a change under way or not. */
  readFrom(journal: Journal): void {
    this.#states = new Map(journal.recent(1000).map(({ seq, state }) => [seq, state]))
  }

  all(): JournalState[] {
    return [...this.#states.values()]
  }
}

export interface WatchOptions {
  readonly ways: JobWays
  /** Stands for the disk: what waits for it lets others go first. */
  readonly sync: () => Promise<void>
  /** What the coordinator has said of the delivery with this key; null for nothing yet. */
  readonly answerTo: (idempotencyKey: string) => Settlement | null
}

/** The journal, each of its changes told to `ways`. */
export function watchedJournal(journal: Journal, { ways, sync, answerTo }: WatchOptions): Journal {
  return {
    accept: (job, nowMs) => {
      const result = journal.accept(job, nowMs)
      if (result.kind === 'accepted') ways.step(result.entry.seq, 'accepted')
      return result
    },
    markRunning: (seq, nowMs) => {
      journal.markRunning(seq, nowMs)
      ways.step(seq, 'running')
    },
    recordOutcome: async (seq, outcome, nowMs, sign) => {
      await sync()
      const entry = await journal.recordOutcome(seq, outcome, nowMs, sign)
      ways.step(seq, outcome.kind === 'proved' ? 'proven' : 'failed')
      return entry
    },
    settle: (seq, settlement, nowMs, deliveredKey) => {
      const key = journal.due(Number.MAX_SAFE_INTEGER, 1000).find((entry) => entry.seq === seq)?.idempotencyKey
      if (key === undefined) throw new Error(`entry ${seq} is settled, and waits for nothing`)
      const isSettled = journal.settle(seq, settlement, nowMs, deliveredKey)
      if (!isSettled) return false
      checkSettlement(seq, settlement, answerTo(key))
      ways.step(seq, 'settled')
      return true
    },
    recover: (nowMs) => {
      const entries = journal.recover(nowMs)
      for (const { seq } of entries) ways.step(seq, 'accepted')
      return entries
    },
    sync,
    renewLease: (seq, lease) => journal.renewLease(seq, lease),
    postpone: (seq, nextTryAtMs) => journal.postpone(seq, nextTryAtMs),
    followClock: (movedMs, nowMs) => journal.followClock(movedMs, nowMs),
    due: (nowMs, limit) => journal.due(nowMs, limit),
    nextDueAtMs: () => journal.nextDueAtMs(),
    check: () => journal.check(),
    recent: (limit) => journal.recent(limit),
    counts: () => journal.counts(),
    prune: (settledBeforeMs) => journal.prune(settledBeforeMs),
    close: () => journal.close(),
  }
}

/** No outcome is given up that the coordinator has not answered so; under a new key the old answer is no longer known. */
function checkSettlement(seq: number, settlement: Settlement, answer: Settlement | null): void {
  if (answer === null ? settlement.kind !== 'dropped' : !isDeepStrictEqual(settlement, answer)) {
    throw new Error(`entry ${seq} is settled as ${settlement.kind}, and the coordinator said ${answer?.kind ?? 'nothing'}`)
  }
}
