import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { z } from 'zod'
import { JobStateSchema } from '../../src/protocol/client-jobs.ts'
import type { WireJobState, WireJobViewError } from '../../src/protocol/client-jobs.ts'
import type { WireJobsQuery } from '../../src/protocol/page-query.ts'
import type { WireReceipt } from '../../src/protocol/proof.ts'

const JobRowSchema = z.object({
  seq: z.number(),
  id: z.string(),
  owner_key: z.string(),
  workload: z.string(),
  doc: z.string(),
  reward: z.string(),
  needs_gpu: z.number(),
  needs_vram_mb: z.number(),
  needs_model: z.string().nullable(),
  refused_by: z.string(),
  state: JobStateSchema,
  attempt: z.number(),
  created_ms: z.number(),
  deadline_ms: z.number(),
  picked_up_ms: z.number().nullable(),
  ended_ms: z.number().nullable(),
  lease_id: z.string().nullable(),
  holder_key: z.string().nullable(),
  holder_miner: z.string().nullable(),
  lease_expires_ms: z.number().nullable(),
  error: z.string().nullable(),
  output_sha: z.string().nullable(),
  receipt: z.string().nullable(),
})
const StateCountSchema = z.object({ state: JobStateSchema, count: z.number() })

/** A job as it is stored. `doc` is the client's own part as JSON; after a job has ended, lease and holder are the last ones. */
export type JobRow = z.infer<typeof JobRowSchema>

/** What a new job starts with. */
export type NewJob = Pick<
  JobRow,
  | 'id'
  | 'owner_key'
  | 'workload'
  | 'doc'
  | 'reward'
  | 'needs_gpu'
  | 'needs_vram_mb'
  | 'needs_model'
  | 'created_ms'
  | 'deadline_ms'
>

/** A lease as a job's row carries it. */
export interface LeaseFields {
  readonly leaseId: string
  readonly keyId: string
  readonly minerId: string
  readonly expiresMs: number
}

/** How a job ends. */
export interface JobEnding {
  readonly state: Exclude<WireJobState, 'queued' | 'leased'>
  readonly error: WireJobViewError | null
  readonly receipt: WireReceipt | null
}

/** Rows of jobs. Each change states the state that it starts from and throws when the job is in another. */
export class JobTable {
  readonly #get: StatementSync
  readonly #queued: StatementSync
  readonly #insert: StatementSync
  readonly #lease: StatementSync
  readonly #renew: StatementSync
  readonly #requeue: StatementSync
  readonly #end: StatementSync
  readonly #expiredLeases: StatementSync
  readonly #pastDeadline: StatementSync
  readonly #counts: StatementSync
  readonly #heldBy: StatementSync
  readonly #page: StatementSync
  readonly #latest: StatementSync

  constructor(database: DatabaseSync) {
    this.#get = database.prepare('SELECT * FROM jobs WHERE id = ?')
    this.#queued = database.prepare("SELECT * FROM jobs WHERE state = 'queued' ORDER BY seq")
    this.#insert = database.prepare(
      `INSERT INTO jobs (id, owner_key, workload, doc, reward, needs_gpu, needs_vram_mb, needs_model, created_ms, deadline_ms, state, attempt)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', 1)`,
    )
    this.#lease = database.prepare(
      `UPDATE jobs SET state = 'leased', lease_id = ?, holder_key = ?, holder_miner = ?, lease_expires_ms = ?,
       picked_up_ms = coalesce(picked_up_ms, ?) WHERE id = ? AND state = 'queued'`,
    )
    this.#renew = database.prepare("UPDATE jobs SET lease_expires_ms = ? WHERE id = ? AND state = 'leased'")
    this.#requeue = database.prepare(
      `UPDATE jobs SET state = 'queued', attempt = attempt + 1, lease_id = NULL, holder_key = NULL, holder_miner = NULL,
       lease_expires_ms = NULL, refused_by = ?, error = ? WHERE id = ? AND state = 'leased'`,
    )
    this.#end = database.prepare(
      `UPDATE jobs SET state = ?, error = ?, output_sha = ?, receipt = ?, ended_ms = ?, lease_expires_ms = NULL
       WHERE id = ? AND state IN ('queued', 'leased')`,
    )
    this.#expiredLeases = database.prepare("SELECT * FROM jobs WHERE state = 'leased' AND lease_expires_ms <= ? ORDER BY seq")
    this.#pastDeadline = database.prepare(
      "SELECT * FROM jobs WHERE state IN ('queued', 'leased') AND deadline_ms <= ? ORDER BY seq",
    )
    this.#counts = database.prepare('SELECT state, count(*) AS count FROM jobs GROUP BY state')
    this.#heldBy = database.prepare("SELECT * FROM jobs WHERE state = 'leased' ORDER BY seq")
    this.#page = database.prepare(
      `SELECT * FROM jobs WHERE seq < ? AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR workload = ?3)
       AND (?4 IS NULL OR owner_key = ?4) ORDER BY seq DESC LIMIT ?5`,
    )
    this.#latest = database.prepare("SELECT * FROM jobs WHERE state = 'completed' ORDER BY seq DESC LIMIT ?")
  }

  get(id: string): JobRow | null {
    const row = this.#get.get(id)
    return row === undefined ? null : JobRowSchema.parse(row)
  }

  /** Queued jobs, oldest first, read as they are asked for. */
  *queued(): Generator<JobRow> {
    for (const row of this.#queued.iterate()) yield JobRowSchema.parse(row)
  }

  leased(): JobRow[] {
    return this.#heldBy.all().map((row) => JobRowSchema.parse(row))
  }

  insert(job: NewJob): void {
    this.#insert.run(
      job.id,
      job.owner_key,
      job.workload,
      job.doc,
      job.reward,
      job.needs_gpu,
      job.needs_vram_mb,
      job.needs_model,
      job.created_ms,
      job.deadline_ms,
    )
  }

  /** queued → leased. */
  lease(id: string, lease: LeaseFields, nowMs: number): void {
    expectOne(this.#lease.run(lease.leaseId, lease.keyId, lease.minerId, lease.expiresMs, nowMs, id).changes, id, 'leased')
  }

  /** leased → leased, for longer. */
  renew(id: string, expiresMs: number): void {
    expectOne(this.#renew.run(expiresMs, id).changes, id, 'renewed')
  }

  /** leased → queued, one attempt further. */
  requeue(id: string, refusedBy: readonly string[], error: WireJobViewError | null): void {
    expectOne(this.#requeue.run(JSON.stringify(refusedBy), toJson(error), id).changes, id, 'queued')
  }

  /** queued | leased → a final state. */
  end(id: string, ending: JobEnding, nowMs: number): void {
    const { state, error, receipt } = ending
    const { changes } = this.#end.run(state, toJson(error), receipt?.output_sha ?? null, toJson(receipt), nowMs, id)
    expectOne(changes, id, state)
  }

  withExpiredLease(nowMs: number): JobRow[] {
    return this.#expiredLeases.all(nowMs).map((row) => JobRowSchema.parse(row))
  }

  pastDeadline(nowMs: number): JobRow[] {
    return this.#pastDeadline.all(nowMs).map((row) => JobRowSchema.parse(row))
  }

  counts(): Record<WireJobState, number> {
    const counts = { queued: 0, leased: 0, completed: 0, failed: 0, canceled: 0, expired: 0 }
    for (const row of this.#counts.all()) {
      const { state, count } = StateCountSchema.parse(row)
      counts[state] = count
    }
    return counts
  }

  /** Newest first; `ownerKey` null means everyone's. */
  page(query: WireJobsQuery, ownerKey: string | null): JobRow[] {
    const before = query.cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(query.cursor)
    return this.#page
      .all(before, query.state ?? null, query.workload ?? null, ownerKey, query.limit)
      .map((row) => JobRowSchema.parse(row))
  }

  latestCompleted(limit: number): JobRow[] {
    return this.#latest.all(limit).map((row) => JobRowSchema.parse(row))
  }
}

function expectOne(changes: number | bigint, id: string, to: string): void {
  if (Number(changes) !== 1) throw new Error(`job ${id} cannot become ${to}: it has changed meanwhile`)
}

function toJson(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}
