import { z } from 'zod'
import { AitbcError } from '../domain/errors.ts'
import { FAILURE_CODES } from '../domain/failure-codes.ts'
import type { FailureCode } from '../domain/failure-codes.ts'
import type { Job, Lease } from '../domain/job.ts'
import type { JournalEntry, OutboxEntry } from '../domain/journal.ts'
import type { JobOutput, Outcome, OutputBytes, Settlement } from '../domain/outcome.ts'

/**
 * Rows as they come from the disk, checked in full: an older version wrote them, and a person may have edited them.
 * A field added to a type must be given a default here, for the rows written before it.
 */
const leaseSchema: z.ZodType<Lease> = z.object({ id: z.string(), expiresAt: z.string() })

const jobSchema: z.ZodType<Omit<Job, 'lease' | 'attempt'>> = z.object({
  id: z.string(),
  workload: z.string(),
  params: z.unknown(),
  model: z
    .object({
      name: z.string().nullable(),
      uri: z.string().nullable(),
      sha256: z.string().nullable(),
      bytes: z.number().nullable(),
    })
    .nullable(),
  inputs: z.array(
    z.object({
      name: z.string(),
      uri: z.string(),
      sha256: z.string().nullable(),
      bytes: z.number().nullable(),
      mediaType: z.string().nullable(),
    }),
  ),
  limits: z.object({
    maxRuntimeS: z.number().nullable(),
    ramMb: z.number().nullable(),
    vramMb: z.number().nullable(),
    maxOutputBytes: z.number().nullable(),
  }),
  reward: z.object({ amount: z.string(), unit: z.string() }).nullable(),
  deadline: z.string().nullable(),
})

const settlementSchema: z.ZodType<Settlement> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('credited'),
    reward: z.string().nullable(),
    balance: z.string().nullable(),
    unit: z.string().nullable(),
  }),
  z.object({ kind: z.literal('reported') }),
  z.object({ kind: z.literal('dropped'), reason: z.string() }),
])

const failureCodeSchema = z.custom<FailureCode>((code) => typeof code === 'string' && Object.hasOwn(FAILURE_CODES, code))

const metricsSchema = z.record(z.string(), z.number())

const outcomeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('proved'),
    mode: z.enum(['gpu', 'cpu']),
    output: z.object({ mediaType: z.string(), sha256: z.string(), sizeBytes: z.number() }),
    metrics: metricsSchema,
    startedAt: z.string(),
    finishedAt: z.string(),
    poc: z.object({ publicKey: z.string(), inputSha: z.string(), envSha: z.string(), signature: z.string() }).nullable(),
  }),
  z.object({
    kind: z.literal('failed'),
    failure: z.object({
      code: failureCodeSchema,
      message: z.string(),
      retryable: z.boolean(),
    }),
    metrics: metricsSchema,
  }),
])

/** An outcome without its bytes, as the `outcome` column holds it. */
type StoredOutcome = z.infer<typeof outcomeSchema>

const jobColumns = { seq: z.number(), job: z.string(), attempt: z.number(), lease: z.string().nullable() }

const entrySchema = z.object({
  ...jobColumns,
  state: z.enum(['accepted', 'running', 'proven', 'failed', 'settled']),
  recoveries: z.number(),
  accepted_at_ms: z.number(),
  updated_at_ms: z.number(),
  failure_code: failureCodeSchema.nullable(),
  settlement: z.string().nullable(),
})

const outboxSchema = z.object({
  ...jobColumns,
  idempotency_key: z.string(),
  tries: z.number(),
  next_try_at_ms: z.number(),
  created_at_ms: z.number(),
  outcome: z.string(),
  output_kind: z.enum(['memory', 'file']).nullable(),
  output: z.instanceof(Uint8Array).nullable(),
})

/** Columns that `decodeEntry` reads. */
export const ENTRY_COLUMNS =
  'seq, job, attempt, lease, state, recoveries, accepted_at_ms, updated_at_ms, failure_code, settlement'
/** Columns that `decodeOutboxEntry` reads, of `outbox JOIN jobs USING (seq)`. */
export const OUTBOX_COLUMNS =
  'seq, job, attempt, lease, idempotency_key, tries, next_try_at_ms, created_at_ms, outcome, output_kind, output'

/** A row with `ENTRY_COLUMNS`. Throws `AITBC_JOURNAL_OPEN` naming the row where it does not decode. */
export function decodeEntry(row: unknown): JournalEntry {
  return decoding(row, () => {
    const columns = entrySchema.parse(row)
    return {
      seq: columns.seq,
      job: decodeJob(columns),
      state: columns.state,
      recoveries: columns.recoveries,
      acceptedAt: new Date(columns.accepted_at_ms).toISOString(),
      updatedAt: new Date(columns.updated_at_ms).toISOString(),
      failureCode: columns.failure_code,
      settlement: columns.settlement === null ? null : settlementSchema.parse(JSON.parse(columns.settlement)),
    }
  })
}

/** `pathOf` names the file that holds the output of an entry. */
export function decodeOutboxEntry(row: unknown, pathOf: (seq: number) => string): OutboxEntry {
  return decoding(row, () => {
    const columns = outboxSchema.parse(row)
    const { seq, output_kind: kind, output: data } = columns
    const bytes: OutputBytes | null =
      kind === 'file' ? { kind, path: pathOf(seq) } : kind === 'memory' && data !== null ? { kind, data } : null
    return {
      seq,
      job: decodeJob(columns),
      outcome: withBytes(outcomeSchema.parse(JSON.parse(columns.outcome)), bytes),
      idempotencyKey: columns.idempotency_key,
      tries: columns.tries,
      nextTryAtMs: columns.next_try_at_ms,
      createdAtMs: columns.created_at_ms,
    }
  })
}

function decodeJob(columns: { readonly job: string; readonly attempt: number; readonly lease: string | null }): Job {
  return {
    ...jobSchema.parse(JSON.parse(columns.job)),
    attempt: columns.attempt,
    lease: columns.lease === null ? null : leaseSchema.parse(JSON.parse(columns.lease)),
  }
}

function withBytes(stored: StoredOutcome, bytes: OutputBytes | null): Outcome {
  if (stored.kind === 'failed') return stored
  if (bytes === null) throw new Error('a proof without its output')
  const output: JobOutput = { ...stored.output, bytes }
  return { ...stored, output }
}

function decoding<T>(row: unknown, decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    const seq = typeof row === 'object' && row !== null && 'seq' in row ? String(row.seq) : 'unknown'
    const text = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause)
    throw new AitbcError(
      'AITBC_JOURNAL_OPEN',
      `entry ${seq} of the journal cannot be read (${text}): stop the miner, move journal.sqlite and the files whose names begin so away from STATE_DIR together, and start again`,
      { cause, facts: { seq } },
    )
  }
}
