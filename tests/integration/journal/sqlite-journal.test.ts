import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { errorOf } from '../../support/error-of.ts'
import { MIGRATIONS } from '../../../src/journal/migrations/migrations.ts'
import { SqliteJournal } from '../../../src/journal/sqlite-journal.ts'
import { jobFailure } from '../../../src/domain/failure-codes.ts'
import type { Job } from '../../../src/domain/job.ts'
import type { FailureCode } from '../../../src/domain/failure-codes.ts'
import type { Outcome, Settlement } from '../../../src/domain/outcome.ts'
import { coreJob, sampleFailure, sampleJob, sampleProof } from '../../support/sample-jobs.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { openJournal } from './open-journal.ts'

const nowMs = Date.UTC(2026, 0, 1)

describe('a journal that cannot be written', () => {
  it('reports it, stands as before, and takes the same call later', () => {
    const stateDir = tempDir()
    const journal = openJournal(stateDir)
    const other = new DatabaseSync(join(stateDir, 'journal.sqlite'))
    other.exec('BEGIN IMMEDIATE')
    expect(errorOf(() => journal.accept(sampleJob(), nowMs))).toMatchObject({ code: 'AITBC_JOURNAL_WRITE', kind: 'fatal' })
    expect(journal.counts().accepted).toBe(0)
    other.exec('ROLLBACK')
    other.close()
    expect(journal.accept(sampleJob(), nowMs).kind).toBe('accepted')
  })

  it('takes the outcome of a file again after its row could not be written', async () => {
    const stateDir = tempDir()
    const journal = openJournal(stateDir)
    const { entry } = journal.accept(sampleJob(), nowMs)
    const path = join(stateDir, 'out')
    writeFileSync(path, 'output')
    const other = new DatabaseSync(join(stateDir, 'journal.sqlite'))
    other.exec('BEGIN IMMEDIATE')
    const outcome = sampleProof({ kind: 'file', path })
    await expect(journal.recordOutcome(entry.seq, outcome, nowMs)).rejects.toMatchObject({ code: 'AITBC_JOURNAL_WRITE' })
    other.exec('ROLLBACK')
    other.close()
    const kept = join(stateDir, 'outputs', '1')
    expect(await journal.recordOutcome(entry.seq, outcome, nowMs)).toMatchObject({
      outcome: { output: { bytes: { path: kept } } },
    })
    expect(readFileSync(kept, 'utf8')).toBe('output')
  })
})

describe('what a journal gives back', () => {
  it('is what went in, after it was opened again', async () => {
    const stateDir = tempDir()
    const job = sampleJob({ params: { nested: [1, { text: 'ü\n' }] }, lease: null, deadline: '2026-02-01T00:00:00Z' })
    const proof = {
      ...sampleProof(),
      poc: { publicKey: 'ed25519:x', inputSha: 'b'.repeat(64), envSha: 'c'.repeat(64), signature: 's' },
    }
    const first = SqliteJournal.open({ stateDir })
    const { entry } = first.accept(job, nowMs)
    first.markRunning(entry.seq, nowMs)
    const recorded = await first.recordOutcome(entry.seq, proof, nowMs)
    first.close()
    const second = openJournal(stateDir)
    expect(second.due(nowMs, 1)).toEqual([recorded])
    expect(recorded).toMatchObject({ job, outcome: proof, tries: 0, createdAtMs: nowMs, nextTryAtMs: nowMs })
    second.settle(entry.seq, { kind: 'credited', reward: '0.25', balance: '1.5', unit: 'AITBC' }, nowMs + 1)
    expect(second.recent(1)[0]).toMatchObject({
      state: 'settled',
      updatedAt: '2026-01-01T00:00:00.001Z',
      settlement: { balance: '1.5' },
    })
  })

  it('is a failure with its code', async () => {
    const journal = openJournal(tempDir())
    const { entry } = journal.accept(sampleJob(), nowMs)
    expect(await journal.recordOutcome(entry.seq, sampleFailure(), nowMs)).toMatchObject({ outcome: sampleFailure() })
  })
})

describe('a metric that is no number', () => {
  it('is left out, and does not make the outcome unreadable', async () => {
    const journal = openJournal(tempDir())
    const { entry } = journal.accept(sampleJob(), nowMs)
    const outcome = { ...sampleProof(), metrics: { run_ms: 1, tokens_per_s: Number.NaN, gflops: Infinity } }
    expect((await journal.recordOutcome(entry.seq, outcome, nowMs)).outcome.metrics).toEqual({ run_ms: 1 })
  })
})

const MINUTE_MS = 60_000
const CREDIT: Settlement = { kind: 'credited', reward: null, balance: null, unit: null }
const DROPPED: Settlement = { kind: 'dropped', reason: 'not reported' }

function failedWith(code: FailureCode): Outcome {
  return { kind: 'failed', failure: jobFailure(code, 'm'), metrics: {} }
}

/** Offers the job, and ends it so when it is taken. Returns whether it was. */
async function offer(journal: SqliteJournal, atMs: number, outcome: Outcome, settlement: Settlement): Promise<boolean> {
  const { kind, entry } = journal.accept(coreJob('a'), atMs)
  if (kind === 'known') return false
  await journal.recordOutcome(entry.seq, outcome, atMs)
  journal.settle(entry.seq, settlement, atMs)
  return true
}

const under = (id: string): Job => coreJob('a', { lease: { id, expiresAt: '2026-01-01T00:10:00.000Z' } })

describe('a job that a coordinator without attempts offers again', () => {
  it.each(['reported', 'dropped'] as const)('is taken at once when it was handed back and that was %s', async (kind) => {
    const journal = openJournal(tempDir())
    const settlement: Settlement = kind === 'reported' ? { kind } : DROPPED
    await offer(journal, nowMs, failedWith('E_SHUTDOWN'), settlement)
    expect(journal.accept(coreJob('a'), nowMs)).toMatchObject({ kind: 'accepted', entry: { seq: 2, state: 'accepted' } })
    expect(journal.recent(5).map(({ seq, failureCode }) => [seq, failureCode])).toEqual([
      [2, null],
      [1, 'E_SHUTDOWN'],
    ])
  })

  it.each([
    ['was credited', sampleProof(), CREDIT],
    ['failed for its own params', failedWith('E_INVALID'), DROPPED],
    ['took too long', failedWith('E_TIMEOUT'), DROPPED],
    ['was canceled', failedWith('E_CANCELED'), { kind: 'reported' }],
    ['is against the policy of this miner', failedWith('E_DENY'), DROPPED],
  ] as const)('is not taken, however late, when it %s', async (_how, outcome, settlement) => {
    const journal = openJournal(tempDir())
    await offer(journal, nowMs, outcome, settlement)
    expect(journal.accept(coreJob('a'), nowMs + 10_000 * MINUTE_MS).kind).toBe('known')
  })

  it('is taken under a new lease when it was given up because the old one was lost, and not under the old one', async () => {
    const journal = openJournal(tempDir())
    const { entry } = journal.accept(under('L1'), nowMs)
    await journal.recordOutcome(entry.seq, failedWith('E_CANCELED'), nowMs)
    journal.settle(entry.seq, DROPPED, nowMs)
    expect(journal.accept(under('L1'), nowMs).kind).toBe('known')
    expect(journal.accept(under('L2'), nowMs).kind).toBe('accepted')
  })

  it('is not taken while its proof or failure waits for delivery', async () => {
    const journal = openJournal(tempDir())
    const { entry } = journal.accept(coreJob('a'), nowMs)
    await journal.recordOutcome(entry.seq, failedWith('E_SHUTDOWN'), nowMs)
    expect(journal.accept(coreJob('a'), nowMs + 10_000 * MINUTE_MS)).toMatchObject({ kind: 'known', entry: { state: 'failed' } })
  })

  it.each([
    ['the engine crashed', failedWith('E_ENGINE')],
    ['an input could not be had', failedWith('E_INPUT')],
    ['its proof was dropped', sampleProof()],
  ])('is taken after ever longer pauses when %s, and not for ever', async (_why, outcome) => {
    const journal = openJournal(tempDir())
    const takenAtMinute: number[] = []
    for (let minute = 0; minute < 2_000; minute += 1) {
      if (await offer(journal, nowMs + minute * MINUTE_MS, outcome, DROPPED)) takenAtMinute.push(minute)
    }
    expect(takenAtMinute).toEqual([0, 1, 3, 7, 15, 31, 63, 127])
  })

  it('does not go round for ever with one that is handed back each time', async () => {
    const journal = openJournal(tempDir())
    let taken = 0
    for (let n = 0; n < 1_000; n += 1) if (await offer(journal, nowMs + n, failedWith('E_SHUTDOWN'), DROPPED)) taken += 1
    expect(taken).toBe(8)
  })

  it('is not taken when the daemon died under it again and again', async () => {
    const journal = openJournal(tempDir())
    const { entry } = journal.accept(coreJob('a'), nowMs)
    for (let deaths = 0; deaths < 3; deaths += 1) journal.recover(nowMs)
    await journal.recordOutcome(entry.seq, failedWith('E_SHUTDOWN'), nowMs)
    journal.settle(entry.seq, DROPPED, nowMs)
    expect(journal.accept(coreJob('a'), nowMs + 10_000 * MINUTE_MS).kind).toBe('known')
  })
})

describe('a journal of the first schema', () => {
  it('is opened with all that it holds, and nothing in it is done again but after a pause', () => {
    const stateDir = tempDir()
    const old = new DatabaseSync(join(stateDir, 'journal.sqlite'))
    old.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1`)
    const insert = old.prepare(
      `INSERT INTO jobs (job_id, attempt, state, accepted_at_ms, updated_at_ms, settlement, job) VALUES (?, 1, 'settled', ?, ?, ?, ?)`,
    )
    for (const [id, settlement] of [
      ['reported', { kind: 'reported' }],
      ['credited', CREDIT],
      ['dropped', DROPPED],
    ] as const) {
      const { lease: _lease, attempt: _attempt, ...job } = coreJob(id)
      insert.run(id, nowMs, nowMs, JSON.stringify(settlement), JSON.stringify(job))
    }
    old.close()
    const journal = openJournal(stateDir)
    expect(journal.counts().settled).toBe(3)
    const kindAt = (id: string, minutes: number): string => journal.accept(coreJob(id), nowMs + minutes * MINUTE_MS).kind
    expect(['reported', 'credited', 'dropped'].map((id) => kindAt(id, 0))).toEqual(['known', 'known', 'known'])
    expect(['reported', 'credited', 'dropped'].map((id) => kindAt(id, 1))).toEqual(['known', 'known', 'accepted'])
  })
})

describe('the check of a journal', () => {
  it('changes nothing, and fails while nothing can be written', () => {
    const stateDir = tempDir()
    const journal = openJournal(stateDir)
    journal.accept(sampleJob(), nowMs)
    const before = journal.recent(5)
    journal.check()
    expect(journal.recent(5)).toEqual(before)
    const other = new DatabaseSync(join(stateDir, 'journal.sqlite'))
    other.exec('BEGIN IMMEDIATE')
    expect(errorOf(() => journal.check())).toMatchObject({ code: 'AITBC_JOURNAL_WRITE' })
    other.exec('ROLLBACK')
    other.close()
    journal.check()
  })
})

describe('a signer', () => {
  it('signs for the lease and attempt that are recorded', async () => {
    const journal = openJournal(tempDir())
    const { entry } = journal.accept(sampleJob(), nowMs)
    journal.renewLease(entry.seq, { id: 'lease_2', expiresAt: '2026-01-01T00:30:00.000Z' })
    const recorded = await journal.recordOutcome(entry.seq, sampleProof(), nowMs, (job) => ({
      publicKey: 'ed25519:x',
      inputSha: 'b',
      envSha: 'c',
      signature: `${job.lease?.id}`,
    }))
    expect(recorded).toMatchObject({ job: { lease: { id: 'lease_2' } }, outcome: { poc: { signature: 'lease_2' } } })
    expect(journal.due(nowMs, 1)).toEqual([recorded])
  })
})

/** A file system of its own on most machines: memory. */
const otherFileSystem = '/dev/shm'
const hasOther = canUse(otherFileSystem) && statSync(otherFileSystem).dev !== statSync(tmpdir()).dev

function canUse(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A job whose output is written, in a journal that has lost the folder for it. */
function withoutOutputFolder() {
  const stateDir = tempDir()
  const journal = openJournal(stateDir)
  const { seq } = journal.accept(sampleJob(), nowMs).entry
  const path = join(stateDir, 'out')
  writeFileSync(path, 'output')
  rmSync(join(stateDir, 'outputs'), { recursive: true })
  return { stateDir, journal, seq, path }
}

describe('an output file', () => {
  it.runIf(hasOther)('on another file system is copied, and goes from there', async () => {
    const stateDir = tempDir()
    const elsewhere = mkdtempSync(join(otherFileSystem, 'aitbc-test-'))
    onTestFinished(() => rmSync(elsewhere, { recursive: true }))
    const journal = openJournal(stateDir)
    const { entry } = journal.accept(sampleJob(), nowMs)
    const path = join(elsewhere, 'out')
    writeFileSync(path, 'output', { mode: 0o644 })
    await journal.recordOutcome(entry.seq, sampleProof({ kind: 'file', path }), nowMs)
    expect(readdirSync(elsewhere)).toEqual([])
    expect(readdirSync(join(stateDir, 'outputs'))).toEqual(['1'])
    expect(readFileSync(join(stateDir, 'outputs', '1'), 'utf8')).toBe('output')
    expect(statSync(join(stateDir, 'outputs', '1')).mode & 0o777).toBe(0o600)
  })

  it('that is gone before it was recorded is reported as such', async () => {
    const stateDir = tempDir()
    const journal = openJournal(stateDir)
    const { entry } = journal.accept(sampleJob(), nowMs)
    const outcome = sampleProof({ kind: 'file', path: join(stateDir, 'none') })
    await expect(journal.recordOutcome(entry.seq, outcome, nowMs)).rejects.toMatchObject({ code: 'AITBC_WORK_DIR' })
  })

  it('that is a link is refused, and what it names is not touched', async () => {
    const stateDir = tempDir()
    const journal = openJournal(stateDir)
    const { entry } = journal.accept(sampleJob(), nowMs)
    mkdirSync(join(stateDir, 'work'))
    writeFileSync(join(stateDir, 'secret'), 'secret', { mode: 0o644 })
    const path = join(stateDir, 'work', 'out')
    symlinkSync(join(stateDir, 'secret'), path)
    await expect(journal.recordOutcome(entry.seq, sampleProof({ kind: 'file', path }), nowMs)).rejects.toMatchObject({
      code: 'AITBC_WORK_DIR',
    })
    expect(readFileSync(join(stateDir, 'secret'), 'utf8')).toBe('secret')
    expect(journal.counts()).toMatchObject({ accepted: 1, outbox: 0 })
  })

  it('is kept although somebody has removed the folder of the outputs', async () => {
    const { stateDir, journal, seq, path } = withoutOutputFolder()
    await journal.recordOutcome(seq, sampleProof({ kind: 'file', path }), nowMs)
    expect(readFileSync(join(stateDir, 'outputs', '1'), 'utf8')).toBe('output')
  })

  it('stays where it is while the folder of the outputs cannot be used', async () => {
    const { stateDir, journal, seq, path } = withoutOutputFolder()
    writeFileSync(join(stateDir, 'outputs'), 'no folder')
    const record = () => journal.recordOutcome(seq, sampleProof({ kind: 'file', path }), nowMs)
    await expect(record()).rejects.toMatchObject({ code: 'AITBC_JOURNAL_WRITE' })
    expect(readFileSync(path, 'utf8')).toBe('output')
    rmSync(join(stateDir, 'outputs'))
    expect((await record()).outcome.kind).toBe('proved')
  })
})
