import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { CoordinatorFailure } from '../domain/coordinator-failure.ts'
import type { CrashPointHook } from '../domain/crash-points.ts'
import type { OutboxEntry } from '../domain/journal.ts'
import type { Job } from '../domain/job.ts'
import type { Failed, JobOutput, Proved, Settlement } from '../domain/outcome.ts'
import { MAX_INLINE_OUTPUT_BYTES, ReceiptSchema } from '../protocol/proof.ts'
import { garbled } from './http-transport.ts'
import type { Answer, HttpTransport } from './http-transport.ts'
import type { OptionalEndpoints } from './optional-endpoints.ts'
import { outputDamage } from './output-damage.ts'
import { toWireFail, toWireProof } from './to-wire.ts'

export interface DeliverDeps {
  readonly transport: HttpTransport
  readonly optional: OptionalEndpoints
  readonly minerId: string
  readonly crashPoint?: CrashPointHook | undefined
}

/**
 * Sends an outcome as the API asks: a large output first, then the proof, or the failure. The idempotency key is the
 * outbox row's, and the body is made from the row alone, so each try sends the same. Rejects while it should be tried again.
 */
export async function deliverOutcome(deps: DeliverDeps, entry: OutboxEntry, signal: AbortSignal): Promise<Settlement> {
  try {
    return entry.outcome.kind === 'proved'
      ? await deliverProof(deps, entry, entry.outcome, signal)
      : await deliverFailure(deps, entry, entry.outcome, signal)
  } catch (error) {
    const settlement = error instanceof CoordinatorFailure ? settlementOf(error, entry.tries) : null
    if (settlement === null) throw error
    return settlement
  }
}

async function deliverProof(deps: DeliverDeps, entry: OutboxEntry, proved: Proved, signal: AbortSignal): Promise<Settlement> {
  const { transport, optional, minerId } = deps
  const { output } = proved
  const inline = output.bytes.kind === 'memory' && output.sizeBytes <= MAX_INLINE_OUTPUT_BYTES ? output.bytes.data : null
  if (inline === null) {
    const damage = await damageOf(entry.job, output)
    if (damage !== null) return { kind: 'dropped', reason: damage }
    await optional.call('output', () => uploadUnlessLost(transport, entry.job, output, signal))
    deps.crashPoint?.('deliver:uploaded')
  }
  const json = toWireProof(minerId, entry.job, proved, inline)
  return creditOf(
    await transport.call({ method: 'POST', path: '/v1/miner/proof', json, idempotencyKey: entry.idempotencyKey, signal }),
    { jobId: entry.job.id, outputSha: output.sha256 },
  )
}

/** A file that cannot be read at present holds up no other delivery. */
async function damageOf(job: Job, output: JobOutput): Promise<string | null> {
  try {
    return await outputDamage(output)
  } catch (cause) {
    const message = `the output of job ${job.id} cannot be read (${String(cause)}): check the disk and the rights of STATE_DIR`
    throw new CoordinatorFailure(
      message,
      { failureClass: 'rejected', status: null, apiCode: null, retryAfterMs: null },
      { cause },
    )
  }
}

/**
 * A proof that was taken while its answer was lost has ended the lease, too: so a refusal for the lease is left to the
 * proof, which gets its receipt again where it was taken.
 */
async function uploadUnlessLost(transport: HttpTransport, job: Job, output: JobOutput, signal: AbortSignal): Promise<void> {
  try {
    await uploadOutput(transport, job, output, signal)
  } catch (error) {
    if (!(error instanceof CoordinatorFailure) || error.apiCode !== 'LEASE_LOST') throw error
  }
}

function uploadOutput(transport: HttpTransport, job: Job, output: JobOutput, signal: AbortSignal): Promise<Answer> {
  const { bytes } = output
  return transport.call({
    method: 'PUT',
    path: `/v1/miner/jobs/${encodeURIComponent(job.id)}/output`,
    headers: {
      'content-type': output.mediaType,
      'content-length': String(output.sizeBytes),
      'content-digest': `sha-256=:${Buffer.from(output.sha256, 'hex').toString('base64')}:`,
    },
    bytes: (): Uint8Array | Readable => (bytes.kind === 'memory' ? bytes.data : createReadStream(bytes.path)),
    // A minute for each 16 MiB: a home line's upload speed.
    extraTimeoutMs: Math.ceil(output.sizeBytes / (16 * 1024 * 1024)) * 60_000,
    signal,
  })
}

async function deliverFailure(deps: DeliverDeps, entry: OutboxEntry, failed: Failed, signal: AbortSignal): Promise<Settlement> {
  const { job } = entry
  const json = toWireFail(
    deps.minerId,
    { id: job.id, leaseId: job.lease?.id ?? null, attempt: job.attempt },
    failed.failure,
    failed.metrics,
  )
  const answer = await deps.optional.call('fail', () =>
    deps.transport.call({ method: 'POST', path: '/v1/miner/fail', json, idempotencyKey: entry.idempotencyKey, signal }),
  )
  return answer === null
    ? { kind: 'dropped', reason: 'not reported: this coordinator has no endpoint for failures' }
    : { kind: 'reported' }
}

/**
 * A 404 in the words of the API is about the job. A bare one may as well be a proxy's, whose coordinator is being deployed: it
 * is believed after this many tries, about a quarter of an hour.
 */
const TRIES_OF_BARE_404 = 10

/** The answers other than 2xx that end a delivery; null for those that are tried again. */
function settlementOf(failure: CoordinatorFailure, tries: number): Settlement | null {
  if (failure.apiCode === 'JOB_ALREADY_PROVEN') return { kind: 'credited', reward: null, balance: null, unit: null }
  if (failure.apiCode === 'LEASE_LOST')
    return { kind: 'dropped', reason: 'the lease is gone: it ran out, or the job was canceled or given to another miner' }
  if (failure.status === 404 && (failure.apiCode !== null || tries >= TRIES_OF_BARE_404))
    return { kind: 'dropped', reason: 'the coordinator does not know the job' }
  return null
}

/**
 * A 2xx ends the delivery whatever its body says, unless that is the receipt of another proof: a proxy has mixed up its answers, and nobody
 * can tell whether this proof was taken. What it says of money is passed on.
 */
function creditOf(answer: Answer, sent: { readonly jobId: string; readonly outputSha: string }): Settlement {
  const receipt = ReceiptSchema.safeParse(answer.body)
  if (!receipt.success) return { kind: 'credited', reward: null, balance: null, unit: null }
  const { id, output_sha: outputSha, reward, balance, unit } = receipt.data
  if (id !== sent.jobId && outputSha !== sent.outputSha) {
    throw garbled(
      'POST /v1/miner/proof',
      `the receipt is for another proof (job ${id.slice(0, 128)}, output ${outputSha})`,
      answer.status,
    )
  }
  const isBare = typeof reward === 'string'
  return {
    kind: 'credited',
    reward: (isBare ? reward : reward?.amount) ?? null,
    balance: balance ?? null,
    unit: (isBare ? null : reward?.unit) ?? unit ?? null,
  }
}
