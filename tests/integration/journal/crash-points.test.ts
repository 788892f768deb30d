import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { JournalEntry, OutboxEntry } from '../../../src/domain/journal.ts'
import { JOURNAL_CRASH_POINTS } from '../../../src/domain/crash-points.ts'
import { SqliteJournal } from '../../../src/journal/sqlite-journal.ts'
import { sampleProof } from '../../support/sample-jobs.ts'
import { tempDir } from '../../support/temp-dir.ts'

const script = join(import.meta.dirname, '../../fixtures/journal/live-and-die.ts')
const nowMs = Date.UTC(2026, 0, 2)

/** Those that come once in the script; of the others, a later occurrence is taken, with more in the journal. */
const ONCE = /^(migrate|reconcile|recover|prune):/

const factSchema = z.object({
  id: z.string(),
  what: z.enum(['accepted', 'outcome', 'settled']),
  key: z.string().optional(),
})
type Fact = z.infer<typeof factSchema>

function lifeUntil(stateDir: string, point: string): Promise<NodeJS.Signals | null> {
  const occurrence = ONCE.test(point) ? '1' : point === 'outcome:after-file' ? '2' : '4'
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, stateDir, point, occurrence], () => resolve(child.signalCode))
  })
}

/** The last thing that was confirmed of each job. */
function confirmedIn(stateDir: string): Map<string, Fact> {
  const confirmed = new Map<string, Fact>()
  for (const line of readdirSync(stateDir).includes('confirmed.jsonl') ? lines(join(stateDir, 'confirmed.jsonl')) : []) {
    const fact = factSchema.parse(JSON.parse(line))
    confirmed.set(fact.id, fact)
  }
  return confirmed
}

function lines(path: string): string[] {
  return readFileSync(path, 'utf8').trim().split('\n')
}

/** What is wrong with the journal, given what it had confirmed of a job; nothing when all is well. */
function brokenPromise(fact: Fact, point: string, entries: JournalEntry[], due: OutboxEntry[]): string[] {
  const state = entries.find(({ job }) => job.id === fact.id)?.state
  const key = due.find(({ job }) => job.id === fact.id)?.idempotencyKey
  // The script prunes no job but the first.
  if (state === undefined) return fact.id === 'job_0' && point === 'prune:after-commit' ? [] : [`${fact.id} is lost`]
  if (fact.what === 'settled' && state !== 'settled') return [`${fact.id} was settled and is ${state}`]
  if (fact.what !== 'outcome') return []
  // A receipt may have been written and not confirmed.
  if (state === 'settled') return point === 'settle:after-commit' ? [] : [`${fact.id} is settled too early`]
  return key === fact.key ? [] : [`${fact.id} is to be sent with key ${key}, not ${fact.key}`]
}

describe('a journal whose process is killed', () => {
  it.for(JOURNAL_CRASH_POINTS)('at %s loses nothing and doubles nothing', async (point) => {
    const stateDir = tempDir()
    expect(await lifeUntil(stateDir, point)).toBe('SIGKILL')
    const confirmed = confirmedIn(stateDir)

    const journal = SqliteJournal.open({ stateDir })
    const entries = journal.recent(1000)
    const due = journal.due(nowMs, 1000)
    const ids = entries.map(({ job }) => job.id)
    expect(new Set(ids).size).toBe(ids.length)
    expect([...confirmed.values()].flatMap((fact) => brokenPromise(fact, point, entries, due))).toEqual([])

    const files = due.flatMap(({ outcome }) =>
      outcome.kind === 'proved' && outcome.output.bytes.kind === 'file' ? [outcome.output.bytes.path] : [],
    )
    expect(
      readdirSync(join(stateDir, 'outputs'))
        .map((name) => join(stateDir, 'outputs', name))
        .toSorted(),
    ).toEqual(files.toSorted())
    for (const path of files) expect(readFileSync(path, 'utf8')).toMatch(/^output \d$/)

    // The life goes on: whatever was left comes to its end.
    for (const { seq } of journal.recover(nowMs)) {
      const path = join(stateDir, `again-${seq}`)
      writeFileSync(path, 'again')
      journal.markRunning(seq, nowMs)
      await journal.recordOutcome(seq, sampleProof({ kind: 'file', path }), nowMs)
    }
    for (const { seq } of journal.due(nowMs, 1000)) journal.settle(seq, { kind: 'reported' }, nowMs)
    expect(journal.counts()).toEqual({ accepted: 0, running: 0, outbox: 0, settled: ids.length })
    expect(readdirSync(join(stateDir, 'outputs'))).toEqual([])
    journal.close()
  })
})
