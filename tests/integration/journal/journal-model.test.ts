import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JournalState } from '../../../src/domain/journal.ts'
import type { Outcome } from '../../../src/domain/outcome.ts'
import { SqliteJournal } from '../../../src/journal/sqlite-journal.ts'
import { jobFailure } from '../../../src/domain/failure-codes.ts'
import { sampleFailure, sampleJob, sampleProof } from '../../support/sample-jobs.ts'
import { writeFirstVersion } from './first-version.ts'
import type { OldEntry } from './first-version.ts'
import type { Model, ModelEntry } from './journal-model.ts'

/** Where within a change the process can die. */
type DeathPoint = 'before-commit' | 'after-file' | 'after-commit'

interface Real {
  readonly folder: string
  /** Of the process that lives now: each starts on the files as the last one's death left them. */
  stateDir: string
  journal: SqliteJournal
  keys: number
  lives: number
  dying: DeathPoint | null
  /** The files at the moment of death; null as long as it lives. */
  remains: string | null
}

type Command = fc.AsyncCommand<Model, Real>
/** The disk of a busy machine takes its time. */
const TIMEOUT_MS = 120_000
const MISSING_SEQ = 9999
const NOTHING_PAID = { reward: null, balance: null, unit: null }

function openJournal(real: Omit<Real, 'journal'>): SqliteJournal {
  return SqliteJournal.open({
    stateDir: real.stateDir,
    newKey: () => `key-${(real.keys += 1)}`,
    crashPoint: (name) => {
      if (real.dying !== null && name.endsWith(real.dying)) real.remains ??= copyOf(real)
    },
  })
}

/** What `kill -9` would leave at this moment, log and all: the journal goes on beside it. */
function copyOf(real: Omit<Real, 'journal'>): string {
  const copy = join(real.folder, String((real.lives += 1)))
  cpSync(real.stateDir, copy, { recursive: true })
  return copy
}

/** A command that works on some entry, or on none; `act` returns what is to be compared. */
function command(text: string, run: (model: Model, real: Real) => Promise<void>): Command {
  return {
    check: () => true,
    toString: () => text,
    run: async (model, real) => {
      model.nowMs += 1
      await run(model, real)
      compare(model, real)
    },
  }
}

function compare(model: Model, real: Real): void {
  const { journal } = real
  const count = (...states: JournalState[]): number => model.entries.filter(({ state }) => states.includes(state)).length
  expect(journal.counts()).toEqual({
    accepted: count('accepted'),
    running: count('running'),
    outbox: count('proven', 'failed'),
    settled: count('settled'),
  })
  expect(
    journal
      .recent(1000)
      .map(({ seq, job, state, recoveries, failureCode }) => [
        seq,
        job.id,
        job.attempt,
        job.lease?.id,
        state,
        recoveries,
        failureCode,
      ]),
  ).toEqual(
    model.entries
      .toReversed()
      .map(({ seq, id, attempt, lease, state, recoveries, failureCode }) => [
        seq,
        id,
        attempt,
        lease,
        state,
        recoveries,
        failureCode,
      ]),
  )
  const waiting = model.entries.flatMap(({ seq, outbox }) => (outbox === null ? [] : [{ seq, ...outbox }]))
  const dueRows = waiting.filter(({ dueMs }) => dueMs <= model.nowMs).toSorted((a, b) => a.dueMs - b.dueMs || a.seq - b.seq)
  expect(journal.due(model.nowMs, 1000).map(({ seq, idempotencyKey, tries }) => [seq, idempotencyKey, tries])).toEqual(
    dueRows.map(({ seq, key, tries }) => [seq, key, tries]),
  )
  expect(journal.nextDueAtMs()).toBe(waiting.length === 0 ? null : Math.min(...waiting.map(({ dueMs }) => dueMs)))
  expect(readdirSync(join(real.stateDir, 'outputs')).toSorted()).toEqual(
    waiting.flatMap(({ seq, hasFile }) => (hasFile ? [String(seq)] : [])).toSorted(),
  )
}

function pick(model: Model, n: number): ModelEntry | undefined {
  return model.entries.length === 0 ? undefined : model.entries[n % model.entries.length]
}

const illegal = expect.objectContaining({ code: 'AITBC_JOURNAL_STATE' })

const accept = (job: number, attempt: number): Command =>
  command(`accept(job ${job}, attempt ${attempt})`, async (model, { journal, ...real }) => {
    const id = `job_${job}`
    const lease = `lease_${job}_${attempt}`
    const newest = model.entries.filter((entry) => entry.id === id).toSorted((a, b) => b.attempt - a.attempt || b.seq - a.seq)[0]
    const result = journal.accept(
      sampleJob({ id, attempt, lease: { id: lease, expiresAt: '2026-01-01T00:10:00Z' } }),
      model.nowMs,
    )
    // A failure that another try may mend, on its way to the coordinator, leaves a later attempt to be tried.
    const isUnsettled =
      newest !== undefined &&
      newest.state !== 'settled' &&
      !(newest.state === 'failed' && newest.failureCode === 'E_SHUTDOWN' && attempt > newest.attempt)
    if (
      newest !== undefined &&
      (isUnsettled || (attempt <= newest.attempt && !(newest.state === 'settled' && isRepeat(model, newest, attempt))))
    ) {
      expect(result).toMatchObject({ kind: 'known', entry: { seq: newest.seq } })
      if (newest.state === 'settled' || attempt < newest.attempt) return
      if (newest.outbox !== null && (newest.lease !== lease || newest.attempt !== attempt))
        newest.outbox.key = `key-${keyCount(journal, newest.seq, real.keys)}`
      Object.assign(newest, { attempt, lease })
      return
    }
    expect(result).toMatchObject({ kind: 'accepted', entry: { seq: model.nextSeq, state: 'accepted' } })
    model.entries.push({
      seq: model.nextSeq,
      id,
      attempt,
      lease,
      state: 'accepted',
      recoveries: 0,
      updatedAtMs: model.nowMs,
      failureCode: null,
      isCredited: false,
      outbox: null,
    })
    model.nextSeq += 1
  })

/** A job that the journal knows comes back one attempt further, whatever has become of it. */
const offerFurther = (n: number): Command => ({
  check: () => true,
  toString: () => `offer ${n} one attempt further`,
  run: async (model, real) => {
    const entry = pick(model, n)
    if (entry !== undefined) await accept(Number(entry.id.replace('job_', '')), entry.attempt + 1).run(model, real)
  },
})

/** The same attempt of a job that was handed back is entered again, eight times at most; nothing else within a minute. */
function isRepeat(model: Model, newest: ModelEntry, attempt: number): boolean {
  const entered = model.entries.filter((entry) => entry.id === newest.id && entry.attempt === attempt).length
  return (
    attempt === newest.attempt &&
    !newest.isCredited &&
    newest.failureCode === 'E_SHUTDOWN' &&
    newest.recoveries <= 2 &&
    entered < 8
  )
}

/** The number of the newest key: the journal under test takes them from a counter. */
function keyCount(journal: SqliteJournal, seq: number, before: number): number {
  const key = journal.due(Number.MAX_SAFE_INTEGER, 1000).find((entry) => entry.seq === seq)?.idempotencyKey ?? ''
  const n = Number(key.replace('key-', ''))
  expect(n, 'a new key').toBeGreaterThan(before)
  return n
}

const markRunning = (n: number): Command =>
  command(`markRunning(${n})`, async (model, { journal }) => {
    const entry = pick(model, n)
    if (entry?.state !== 'accepted') {
      expect(() => journal.markRunning(entry?.seq ?? MISSING_SEQ, model.nowMs)).toThrow(illegal)
      return
    }
    journal.markRunning(entry.seq, model.nowMs)
    entry.state = 'running'
  })

const recordOutcome = (n: number, kind: 'memory' | 'file' | 'failed' | 'handed back'): Command =>
  command(`recordOutcome(${n}, ${kind})`, async (model, real) => {
    const entry = pick(model, n)
    const path = join(real.stateDir, 'work')
    if (kind === 'file') writeFileSync(path, 'output')
    const outcome = outcomeOf(kind, path)
    const recording = real.journal.recordOutcome(entry?.seq ?? MISSING_SEQ, outcome, model.nowMs)
    if (entry?.state !== 'accepted' && entry?.state !== 'running') {
      await expect(recording).rejects.toThrow(illegal)
      return
    }
    const recorded = await recording
    entry.state = outcome.kind === 'failed' ? 'failed' : 'proven'
    entry.failureCode = outcome.kind === 'failed' ? outcome.failure.code : null
    entry.outbox = { key: recorded.idempotencyKey, tries: 0, dueMs: model.nowMs, hasFile: kind === 'file' }
  })

function outcomeOf(kind: 'memory' | 'file' | 'failed' | 'handed back', path: string): Outcome {
  switch (kind) {
    case 'memory':
      return sampleProof()
    case 'file':
      return sampleProof({ kind: 'file', path })
    case 'failed':
      return sampleFailure()
    case 'handed back':
      return { kind: 'failed', failure: jobFailure('E_SHUTDOWN', 'm'), metrics: {} }
    default:
      return kind satisfies never
  }
}

const moveClock = (byMs: number): Command =>
  command(`the clock moves by ${byMs} ms`, async (model, { journal }) => {
    model.nowMs += byMs
    journal.followClock(byMs, model.nowMs)
    for (const { outbox } of model.entries)
      if (outbox !== null) outbox.dueMs = Math.min(outbox.dueMs + Math.min(byMs, 0), model.nowMs + 3_600_000)
  })

const postpone = (n: number, byMs: number): Command =>
  command(`postpone(${n}, ${byMs} ms)`, async (model, { journal }) => {
    const entry = pick(model, n)
    if (entry === undefined || entry.outbox === null) {
      expect(() => journal.postpone(entry?.seq ?? MISSING_SEQ, model.nowMs)).toThrow(illegal)
      return
    }
    journal.postpone(entry.seq, model.nowMs + byMs)
    entry.outbox.tries += 1
    entry.outbox.dueMs = model.nowMs + byMs
  })

const settle = (n: number, kind: 'credited' | 'dropped', by: 'no key' | 'its key' | 'an old key'): Command =>
  command(`settle(${n}, ${kind}, by ${by})`, async (model, { journal }) => {
    const entry = pick(model, n)
    const settlement = kind === 'dropped' ? ({ kind, reason: 'lease lost' } as const) : ({ kind, ...NOTHING_PAID } as const)
    if (entry === undefined || entry.outbox === null) {
      expect(() => journal.settle(entry?.seq ?? MISSING_SEQ, settlement, model.nowMs)).toThrow(illegal)
      return
    }
    const key = { 'no key': undefined, 'its key': entry.outbox.key, 'an old key': 'key-old' }[by]
    const isSettled = by !== 'an old key' || kind === 'credited'
    expect(journal.settle(entry.seq, settlement, model.nowMs, key)).toBe(isSettled)
    if (isSettled)
      Object.assign(entry, { state: 'settled', outbox: null, updatedAtMs: model.nowMs, isCredited: kind === 'credited' })
  })

const renewLease = (n: number, number: number): Command =>
  command(`renewLease(${n}, lease ${number})`, async (model, { journal, ...real }) => {
    const entry = pick(model, n)
    const lease = { id: `lease_${number}`, expiresAt: '2026-01-01T00:20:00.000Z' }
    if (entry === undefined) {
      expect(() => journal.renewLease(MISSING_SEQ, lease)).toThrow(illegal)
      return
    }
    journal.renewLease(entry.seq, lease)
    if (entry.state === 'settled') return
    if (entry.outbox !== null && entry.lease !== lease.id) entry.outbox.key = `key-${keyCount(journal, entry.seq, real.keys)}`
    entry.lease = lease.id
  })

const prune = (ageMs: number): Command =>
  command(`prune(older than ${ageMs} ms)`, async (model, { journal }) => {
    const before = model.nowMs - ageMs
    const kept = model.entries.filter(({ state, updatedAtMs }) => state !== 'settled' || updatedAtMs >= before)
    expect(journal.prune(before)).toBe(model.entries.length - kept.length)
    model.entries = kept
  })

const reopen = (isRecovering: boolean): Command =>
  command(isRecovering ? 'reopen and recover' : 'reopen', async (model, real) => {
    await real.journal.sync()
    real.journal.close()
    real.journal = openJournal(real)
    if (!isRecovering) return
    const open = model.entries.filter(({ state }) => state === 'accepted' || state === 'running')
    for (const entry of open) Object.assign(entry, { state: 'accepted', recoveries: entry.recoveries + 1 })
    expect(real.journal.recover(model.nowMs).map(({ seq }) => seq)).toEqual(open.map(({ seq }) => seq))
  })

/** A person cleans up too much: the work is lost, and to be done again. */
const loseOutput = (n: number): Command =>
  command(`the output of ${n} is deleted while no daemon runs`, async (model, real) => {
    const withFile = model.entries.filter(({ outbox }) => outbox?.hasFile === true)
    const entry = withFile[n % Math.max(withFile.length, 1)]
    real.journal.close()
    if (entry !== undefined) rmSync(join(real.stateDir, 'outputs', String(entry.seq)), { force: true })
    real.journal = openJournal(real)
    if (entry?.outbox?.hasFile === true) Object.assign(entry, { state: 'running', outbox: null })
  })

/** The same change by a process that is killed in it; another one starts on what is left. */
function killedIn(change: Command, point: DeathPoint): Command {
  return {
    check: () => true,
    toString: () => `${change.toString()}, killed at ${point}`,
    run: async (model, real) => {
      const before = structuredClone(model)
      real.dying = point
      await change.run(model, real)
      real.dying = null
      if (real.remains !== null && point !== 'after-commit') Object.assign(model, before, { nowMs: model.nowMs })
      startOnRemains(real)
      compare(model, real)
    },
  }
}

function startOnRemains(real: Real): void {
  const remains = real.remains ?? copyOf(real)
  real.journal.close()
  rmSync(real.stateDir, { recursive: true })
  Object.assign(real, { stateDir: remains, remains: null })
  real.journal = openJournal(real)
}

describe('the SQLite journal', () => {
  it(
    'does what a plain list of entries would do, whatever is called, wherever it is killed, and whichever version began it',
    async () => {
      const entry = fc.nat(5)
      const deathPoint = fc.constantFrom<DeathPoint>('before-commit', 'after-file', 'after-commit')
      const changes: fc.Arbitrary<Command>[] = [
        fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 3 })).map(([job, attempt]) => accept(job, attempt)),
        entry.map(offerFurther),
        entry.map(markRunning),
        fc
          .tuple(entry, fc.constantFrom('memory' as const, 'file' as const, 'failed' as const, 'handed back' as const))
          .map(([n, kind]) => recordOutcome(n, kind)),
        fc.tuple(entry, fc.nat(10)).map(([n, ms]) => postpone(n, ms)),
        fc.tuple(entry, fc.nat(3)).map(([n, number]) => renewLease(n, number)),
        fc
          .tuple(
            entry,
            fc.constantFrom('credited' as const, 'dropped' as const, 'dropped' as const),
            fc.constantFrom('no key' as const, 'its key' as const, 'an old key' as const),
          )
          .map(([n, kind, by]) => settle(n, kind, by)),
        fc.integer({ min: -50, max: 50 }).map(moveClock),
        fc.constant(command('check', async (_model, { journal }) => journal.check())),
        fc.nat(10).map(prune),
        fc.boolean().map(reopen),
      ]
      const killed = fc.tuple(fc.oneof(...changes), deathPoint).map(([change, point]) => killedIn(change, point))
      // The one death that leaves a file without a row, and one that is seldom met by chance.
      const killedWithFile = fc.tuple(entry, deathPoint).map(([n, point]) => killedIn(recordOutcome(n, 'file'), point))
      const commands = fc.commands([...changes, ...changes, killed, killed, killedWithFile, entry.map(loseOutput)], {
        maxCommands: 40,
        size: 'max',
      })
      const oldEntry = fc.record<OldEntry>({
        job: fc.nat(3),
        attempt: fc.integer({ min: 1, max: 3 }),
        state: fc.constantFrom<JournalState>('accepted', 'running', 'proven', 'failed', 'settled'),
        hasFile: fc.boolean(),
      })
      const oldEntries = fc.option(fc.uniqueArray(oldEntry, { selector: ({ job }) => job }))
      await fc.assert(
        fc.asyncProperty(commands, oldEntries, fc.option(deathPoint), async (commands, oldEntries, migrationDeath) => {
          const folder = mkdtempSync(join(tmpdir(), 'aitbc-model-'))
          const stateDir = join(folder, '0')
          mkdirSync(stateDir)
          const model: Model = { nowMs: Date.UTC(2026, 0, 1), nextSeq: 1, entries: [] }
          if (oldEntries !== null) writeFirstVersion(stateDir, model, oldEntries)
          const start = { folder, stateDir, keys: 0, lives: 0, dying: migrationDeath, remains: null }
          const real: Real = Object.assign(start, { journal: openJournal(start) })
          try {
            real.dying = null
            startOnRemains(real)
            compare(model, real)
            await fc.asyncModelRun(() => ({ model, real }), commands)
          } finally {
            real.journal.close()
            rmSync(folder, { recursive: true })
          }
        }),
        { numRuns: 15 },
      )
    },
    TIMEOUT_MS,
  )
})
