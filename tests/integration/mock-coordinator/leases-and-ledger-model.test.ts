import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApiError } from '../../../mock-coordinator/api-error.ts'
import type { Identity } from '../../../mock-coordinator/auth/key-ring.ts'
import { Dispatcher } from '../../../mock-coordinator/desk/dispatcher.ts'
import { EventHub } from '../../../mock-coordinator/desk/event-hub.ts'
import { FailureDesk } from '../../../mock-coordinator/desk/failure-desk.ts'
import { HeartbeatDesk } from '../../../mock-coordinator/desk/heartbeat-desk.ts'
import { JobDesk } from '../../../mock-coordinator/desk/job-desk.ts'
import { ProofDesk } from '../../../mock-coordinator/desk/proof-desk.ts'
import { Sweeper } from '../../../mock-coordinator/desk/sweeper.ts'
import { WalletDesk } from '../../../mock-coordinator/desk/wallet-desk.ts'
import { DEFAULT_SETTINGS } from '../../../mock-coordinator/settings.ts'
import { openStore } from '../../../mock-coordinator/store/store.ts'
import type { WireFailureCode } from '../../../src/protocol/fail.ts'
import { addressOf, LEASE_MS, LeaseModel, MAX_ATTEMPTS, ONLINE_MS } from './lease-model.ts'
import type { Claim, ModelJob, ModelMiner } from './lease-model.ts'

/** The disk of a busy machine takes its time. */
const TIMEOUT_MS = 120_000
const MINERS: readonly ModelMiner[] = [
  { key: 'key1', id: 'm1' },
  { key: 'key1', id: 'm2' },
  { key: 'key2', id: 'm1' },
]
const WALLETS = ['wallet1', 'wallet2'] as const
const CODES = ['E_ENGINE', 'E_OOM', 'E_UNSUPPORTED', 'E_INVALID', 'E_SHUTDOWN'] as const satisfies readonly WireFailureCode[]
const BOUND: ReadonlySet<WireFailureCode> = new Set(['E_OOM', 'E_UNSUPPORTED'])
const MINOR = 100_000_000n

/** The desks over one file; opened anew, they know what is in it and no more. */
function openDesks(path: string, nowMs: () => number) {
  const settings = { ...DEFAULT_SETTINGS, leaseS: LEASE_MS / 1000, onlineS: ONLINE_MS / 1000, maxAttempts: MAX_ATTEMPTS, nowMs }
  const store = openStore(path, 1000, () => {})
  const hub = new EventHub(store.events)
  const dispatcher = new Dispatcher({ store, hub, settings })
  const deps = { store, hub, dispatcher, settings }
  return {
    store,
    dispatcher,
    heartbeats: new HeartbeatDesk(store, settings),
    proofs: new ProofDesk(deps),
    failures: new FailureDesk(deps),
    jobs: new JobDesk(deps),
    sweeper: new Sweeper(deps),
    wallets: new WalletDesk(store, settings),
  }
}

interface Real {
  readonly path: string
  desks: ReturnType<typeof openDesks>
  /** Answers of polls that wait, in the order in which they came. */
  readonly answers: { readonly miner: ModelMiner; readonly jobId: string | null; readonly leaseId: string }[]
}

type Command = fc.AsyncCommand<LeaseModel, Real>

function command(text: string, run: (model: LeaseModel, real: Real) => void): Command {
  return {
    check: () => true,
    toString: () => text,
    run: async (model, real) => {
      model.nowMs += 1
      run(model, real)
      // Jobs are handed to polls that wait after the change that has put them into the queue.
      await setImmediate()
      handOut(model, real)
      compare(model, real)
    },
  }
}

const identity = ({ key }: ModelMiner): Identity => ({ keyId: key, role: null, wallet: null, minerId: null })
const minerAt = (n: number): ModelMiner => MINERS[n % MINERS.length] ?? { key: 'none', id: 'none' }

/** The code of the refusal, or the answer. */
function outcomeOf<T>(act: () => T): T | string {
  try {
    return act()
  } catch (error) {
    if (error instanceof ApiError) return error.code
    throw error
  }
}

/** Takes what the waiting polls were given for true, if it is what they were to be given. */
function handOut(model: LeaseModel, { answers }: Real): void {
  for (const { miner, jobId, leaseId } of answers.splice(0)) {
    const job = model.jobs.find(({ id }) => id === jobId)
    expect(job?.state).toBe('queued')
    const place = model.waiting.findIndex((waiting) => job?.refusedBy.has(addressOf(waiting)) === false)
    expect(addressOf(miner), 'the poll that waits longest').toBe(addressOf(model.waiting.splice(place, 1)[0] ?? minerAt(-1)))
    if (job !== undefined) model.lease(job, miner, leaseId)
  }
  for (const miner of model.waiting) expect(model.nextFor(miner), 'left in the queue while a poll waits').toBeUndefined()
}

function compare(model: LeaseModel, { desks: { store, wallets } }: Real): void {
  const row = (id: string): unknown[] => {
    const job = store.jobs.get(id)
    return [
      id,
      job?.state,
      job?.attempt,
      job?.state === 'leased' ? [job.lease_id, job.holder_key, job.holder_miner, job.lease_expires_ms] : null,
    ]
  }
  expect(model.jobs.map(({ id }) => row(id))).toEqual(
    model.jobs.map(({ id, state, attempt, leases, expiresMs }) => {
      const lease = leases.at(-1)
      return [id, state, attempt, state === 'leased' ? [lease?.id, lease?.miner.key, lease?.miner.id, expiresMs] : null]
    }),
  )
  for (const job of model.jobs) {
    const stored = [...new Set(MINERS.map(({ key }) => key))].flatMap((key) => store.leases.ofJob(job.id, key))
    expect(new Map(stored.map(({ id, ended }) => [id, ended]))).toEqual(new Map(job.leases.map(({ id, ended }) => [id, ended])))
    expect(stored).toHaveLength(job.leases.length)
  }
  const { entries } = store.ledger.page(null, undefined, 1000)
  expect(entries.map(({ job_id: id, amount }) => [id, amount])).toEqual(
    model.bookings.map(({ jobId, minor }) => [jobId, decimal(minor)]),
  )
  const completed = model.jobs.filter(({ state }) => state === 'completed')
  expect(new Set(entries.map(({ job_id: id }) => id))).toEqual(new Set(completed.map(({ id }) => id)))
  expect(entries).toHaveLength(completed.length)
  for (const wallet of [...WALLETS, 'unclaimed:m1', 'unclaimed:m2']) {
    const booked = model.bookings.filter((each) => each.wallet === wallet).reduce((sum, { minor }) => sum + minor, 0n)
    expect(wallets.balance(identity(minerAt(0)), wallet).balance).toBe(decimal(booked))
  }
  expect(store.ledger.sum(null).balanceMinor).toBe(model.bookings.reduce((sum, { minor }) => sum + minor, 0n))
}

/** Minor units in decimal, by long division. */
function decimal(minor: bigint): string {
  let text = String(minor / MINOR)
  let rest = minor % MINOR
  if (rest > 0n) text += '.'
  for (; rest > 0n; rest %= MINOR) {
    rest *= 10n
    text += String(rest / MINOR)
  }
  return text
}

/** A job by its place; from 5 on, one of those that are held, if there is one. */
function pick(model: LeaseModel, n: number): ModelJob | undefined {
  const held = n < 5 ? [] : model.jobs.filter(({ state }) => state === 'leased')
  const jobs = held.length === 0 ? model.jobs : held
  return jobs.length === 0 ? undefined : jobs[n % jobs.length]
}

const submit = (rewardMinor: bigint, ttlS: number): Command =>
  command(`submit(${decimal(rewardMinor)}, ${ttlS} s)`, (model, { desks: { store, jobs } }) => {
    const reward = { amount: decimal(rewardMinor), unit: 'AITBC' }
    const { id, reward: shown } = store.transact('submit', () =>
      jobs.submit(identity(minerAt(0)), { workload: 'llm_gen', params: {}, reward, ttl_s: ttlS }),
    )
    expect(shown).toEqual(reward)
    model.jobs.push({
      id,
      rewardMinor,
      deadlineMs: model.nowMs + ttlS * 1000,
      state: 'queued',
      attempt: 1,
      expiresMs: 0,
      outputSha: null,
      refusedBy: new Set(),
      leases: [],
    })
  })

const poll = (n: number, waits: boolean): Command =>
  command(`poll(${addressOf(minerAt(n))}${waits ? ', waits' : ''})`, (model, { desks: { store, dispatcher }, answers }) => {
    const miner = minerAt(n)
    model.see(miner)
    const asking = { miner: store.miners.see(miner.key, miner.id, model.nowMs), workloads: null }
    const result = dispatcher.next(asking)
    const expected = model.nextFor(miner)
    expect(result.kind === 'job' ? result.job.id : null).toBe(expected?.id ?? null)
    if (result.kind === 'job' && expected !== undefined) model.lease(expected, miner, result.job.lease?.id ?? '')
    if (result.kind === 'job' || !waits) return
    model.waiting.push(miner)
    dispatcher.wait(asking, (job) => {
      if (job !== null) answers.push({ miner, jobId: job.id, leaseId: job.lease?.id ?? '' })
    })
  })

const heartbeat = (
  n: number,
  wallet: string,
  listed: readonly { readonly job: number; readonly lease: number | null }[],
): Command =>
  command(`heartbeat(${addressOf(minerAt(n))}, ${wallet}, ${JSON.stringify(listed)})`, (model, { desks: { heartbeats } }) => {
    const miner = minerAt(n)
    model.tellWallet(miner, wallet)
    const named = listed.flatMap(({ job: at, lease }) => {
      const job = pick(model, at)
      return job === undefined ? [] : [{ job, leaseId: lease === null ? null : (job.leases[lease]?.id ?? 'lease_none') }]
    })
    const answer = heartbeats.accept(identity(miner), {
      miner_id: miner.id,
      wallet,
      mode: 'cpu',
      gpu: false,
      jobs: named.map(({ job, leaseId }) => ({ id: job.id, lease_id: leaseId, state: 'running' })),
    })
    const cancel = new Set(model.takeToTell(miner))
    const renewed: string[] = []
    for (const { job, leaseId } of named) {
      const lease = job.leases.at(-1)
      const isHeld = job.state === 'leased' && lease !== undefined && addressOf(lease.miner) === addressOf(miner)
      if (isHeld && (leaseId === null || leaseId === lease.id)) {
        job.expiresMs = model.nowMs + LEASE_MS
        renewed.push(lease.id)
      } else cancel.add(job.id)
    }
    expect(answer.leases?.map(({ id }) => id)).toEqual(renewed)
    expect(answer.cancel?.toSorted()).toEqual([...cancel].toSorted())
  })

/** What a miner says of its hold: `lease` and `attempt` count the leases that the job has had, or are left out. */
interface Saying {
  /** Null stands for the one that had the job last. */
  readonly miner: number | null
  readonly job: number
  readonly namesMiner: boolean
  readonly lease: number | null
  readonly attempt: number | null
}

function claimOf(job: ModelJob, { miner, namesMiner, lease, attempt }: Saying): Claim {
  const speaker = miner === null ? (job.leases.at(-1)?.miner ?? minerAt(0)) : minerAt(miner)
  return { miner: speaker, namesMiner, leaseId: lease === null ? null : (job.leases[lease]?.id ?? 'lease_none'), attempt }
}

const wireClaim = ({ miner, namesMiner, leaseId, attempt }: Claim) => ({
  ...(namesMiner ? { miner_id: miner.id } : {}),
  ...(leaseId === null ? {} : { lease_id: leaseId }),
  ...(attempt === null ? {} : { attempt }),
})

const prove = (saying: Saying, output: 'a' | 'b'): Command =>
  command(`prove(${JSON.stringify(saying)}, ${output})`, (model, { desks: { store, proofs } }) => {
    const job = pick(model, saying.job)
    if (job === undefined) return
    const claim = claimOf(job, saying)
    const sha = output.repeat(64)
    const proof = { id: job.id, mode: 'cpu', output_sha: sha, metrics: {}, ...wireClaim(claim) } as const
    const outcome = outcomeOf(() => store.transact('proof', () => proofs.accept(identity(claim.miner), proof)))
    const standing = model.judge(job, claim)
    if (standing === 'holder') {
      model.complete(job, sha)
      const wallet = model.bookings.at(-1)?.wallet
      const balance = model.bookings.filter((each) => each.wallet === wallet).reduce((sum, { minor }) => sum + minor, 0n)
      const receipt = { id: job.id, output_sha: sha, reward: { amount: decimal(job.rewardMinor) }, balance: decimal(balance) }
      expect(outcome).toMatchObject({ isNew: true, receipt })
    } else if (standing === 'settled' && job.outputSha === sha) {
      expect(outcome).toMatchObject({
        isNew: false,
        receipt: { id: job.id, output_sha: sha, reward: { amount: decimal(job.rewardMinor) } },
      })
    } else
      expect(outcome).toBe(standing === 'settled' ? 'JOB_ALREADY_PROVEN' : standing === 'stranger' ? 'FORBIDDEN' : 'LEASE_LOST')
  })

const fail = (saying: Saying, code: (typeof CODES)[number], isRetryable: boolean): Command =>
  command(
    `fail(${JSON.stringify(saying)}, ${code}${isRetryable ? ', retryable' : ''})`,
    (model, { desks: { store, failures } }) => {
      const job = pick(model, saying.job)
      if (job === undefined) return
      const claim = claimOf(job, saying)
      const error = { code, message: 'm', retryable: isRetryable }
      const outcome = outcomeOf(() =>
        store.transact('fail', () => failures.accept(identity(claim.miner), { id: job.id, error, ...wireClaim(claim) })),
      )
      const standing = model.judge(job, claim)
      if (standing === 'holder') {
        const goesBack = isRetryable && (!BOUND.has(code) || model.hasAnotherFor(job))
        const holder = job.leases.at(-1)?.miner
        if (goesBack && BOUND.has(code) && holder !== undefined && job.attempt < MAX_ATTEMPTS)
          job.refusedBy.add(addressOf(holder))
        model.giveBack(job, 'failed', goesBack)
        expect(outcome).toMatchObject({ id: job.id, state: job.state, attempt: job.attempt })
      } else if (typeof standing === 'object') {
        if (standing.former.ended === 'failed') expect(outcome).toMatchObject({ id: job.id, state: job.state })
        else expect(outcome).toBe('LEASE_LOST')
      } else expect(outcome).toBe(standing === 'settled' ? 'JOB_ALREADY_PROVEN' : 'FORBIDDEN')
    },
  )

const cancel = (n: number): Command =>
  command(`cancel(${n})`, (model, { desks: { store, jobs } }) => {
    const job = pick(model, n)
    if (job === undefined) return
    const { state } = store.transact('cancel', () => jobs.cancel(identity(minerAt(0)), job.id))
    if (job.state === 'queued' || job.state === 'leased') model.end(job, 'canceled')
    expect(state).toBe(job.state)
  })

const pass = (seconds: number): Command =>
  command(`${seconds} s pass`, (model, { desks: { sweeper } }) => {
    model.nowMs += seconds * 1000
    sweeper.sweep()
    model.sweep()
  })

const restart = (): Command =>
  command('the coordinator is killed and started again', (model, real) => {
    real.desks.store.database.close()
    model.forgetUnsaved()
    real.desks = openDesks(real.path, () => model.nowMs)
  })

describe('the coordinator, whatever its miners and clients do', () => {
  it(
    'hands each job to one miner at a time, ends it once, and pays for it once and exactly',
    async () => {
      const miner = fc.nat(MINERS.length - 1)
      const job = fc.nat(9)
      const number = fc.option(fc.nat(2), { freq: 2 })
      const right = fc.record({
        miner: fc.constant(null),
        job,
        namesMiner: fc.boolean(),
        lease: fc.constant(null),
        attempt: fc.constant(null),
      })
      const any = fc.record({
        miner: fc.option(miner, { freq: 2 }),
        job,
        namesMiner: fc.boolean(),
        lease: number,
        attempt: fc.option(fc.integer({ min: 1, max: 3 }), { freq: 2 }),
      })
      const saying: fc.Arbitrary<Saying> = fc.oneof(right, any)
      const amount = fc.oneof(
        fc.constantFrom(0n, 1n, 10_000_000n, 99_999_999n, 1_000_000n * MINOR),
        fc.bigInt({ min: 0n, max: 1_000_000n * MINOR }),
      )
      const commands = fc.commands(
        [
          fc.tuple(amount, fc.constantFrom(30, 100, 3600)).map(([minor, ttlS]) => submit(minor, ttlS)),
          fc.tuple(miner, fc.boolean()).map(([n, waits]) => poll(n, waits)),
          miner.map((n) => poll(n, false)),
          miner.map((n) => poll(n, false)),
          saying.map((said) => prove(said, 'a')),
          fc
            .tuple(miner, fc.constantFrom(...WALLETS), fc.array(fc.record({ job, lease: number }), { maxLength: 3 }))
            .map(([n, wallet, listed]) => heartbeat(n, wallet, listed)),
          fc.tuple(saying, fc.constantFrom('a' as const, 'b' as const)).map(([said, output]) => prove(said, output)),
          fc
            .tuple(saying, fc.constantFrom(...CODES), fc.boolean())
            .map(([said, code, isRetryable]) => fail(said, code, isRetryable)),
          right.map((said) => fail(said, 'E_OOM', true)),
          job.map(cancel),
          fc.constantFrom(1, 25, 59, 60, 61).map(pass),
          // Seldom: it takes as long as a hundred of the others.
          fc.nat(5).map((n) => (n === 0 ? restart() : pass(1))),
        ],
        { maxCommands: 60, size: 'max' },
      )
      await fc.assert(
        fc.asyncProperty(commands, async (commands) => {
          const folder = mkdtempSync(join(tmpdir(), 'aitbc-leases-'))
          const path = join(folder, 'coordinator.sqlite')
          const model = new LeaseModel()
          const real: Real = { path, desks: openDesks(path, () => model.nowMs), answers: [] }
          try {
            await fc.asyncModelRun(() => ({ model, real }), commands)
          } finally {
            real.desks.store.database.close()
            rmSync(folder, { recursive: true })
          }
        }),
        { numRuns: 25 },
      )
    },
    TIMEOUT_MS,
  )
})
