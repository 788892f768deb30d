import { z } from 'zod'
import { JobSubmissionSchema } from '../../src/protocol/client-jobs.ts'
import type { WireJobView } from '../../src/protocol/client-jobs.ts'
import { JobViewErrorSchema } from '../../src/protocol/client-jobs.ts'
import type { WireJob } from '../../src/protocol/job.ts'
import { ReceiptSchema } from '../../src/protocol/proof.ts'
import { toUtcTime } from '../ids.ts'
import type { JobRow } from '../store/job-table.ts'
import type { OutputInfo } from '../store/output-table.ts'

/** The part of a submission that a miner is shown, as stored in a job's `doc`. */
export const JobDocumentSchema = JobSubmissionSchema.pick({
  params: true,
  model: true,
  inputs: true,
  limits: true,
  require_output: true,
})
export type JobDocument = z.infer<typeof JobDocumentSchema>

/** What a stored job's own limits say of its output; null when they say nothing. */
export function maxOutputBytesOf(job: JobRow): number | null {
  return readDocument(job).limits?.max_output_bytes ?? null
}

/** True where the client takes no proof without the bytes of the output. */
export function requiresOutput(job: JobRow): boolean {
  return readDocument(job).require_output === true
}

/** The job as a miner gets it. */
export function toWireJob(job: JobRow, unit: string): WireJob {
  const lease =
    job.state === 'leased' && job.lease_id !== null && job.lease_expires_ms !== null
      ? { lease: { id: job.lease_id, expires_at: toUtcTime(job.lease_expires_ms) } }
      : {}
  return {
    id: job.id,
    job_id: job.id,
    workload: job.workload,
    ...readDocument(job),
    ...lease,
    attempt: job.attempt,
    reward: { amount: job.reward, unit },
    created_at: toUtcTime(job.created_ms),
    deadline: toUtcTime(job.deadline_ms),
  }
}

/** The job as its client sees it. */
export function toJobView(job: JobRow, output: OutputInfo | null, unit: string): WireJobView {
  const url = `/v1/jobs/${encodeURIComponent(job.id)}`
  return {
    ...toWireJob(job, unit),
    state: job.state,
    ...(job.holder_miner === null ? {} : { miner_id: job.holder_miner }),
    ...(job.error === null ? {} : { error: JobViewErrorSchema.parse(JSON.parse(job.error)) }),
    ...(output === null || job.state !== 'completed'
      ? {}
      : { output: { media_type: output.media_type, bytes: output.size, sha256: output.sha256, url: `${url}/output` } }),
    ...(job.receipt === null ? {} : { receipt: ReceiptSchema.parse(JSON.parse(job.receipt)) }),
    events_url: `${url}/events`,
  }
}

// Stored by this coordinator after validation: a light check of the shape is enough on the way out.
const StoredDocumentSchema = z.custom<JobDocument>((value) => typeof value === 'object' && value !== null && 'params' in value)

function readDocument(job: JobRow): JobDocument {
  return StoredDocumentSchema.parse(JSON.parse(job.doc))
}
