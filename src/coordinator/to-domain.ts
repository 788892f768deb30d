import type { z } from 'zod'
import type { HeartbeatAnswer, NextAnswer } from '../domain/coordinator.ts'
import { jobFailure } from '../domain/failure-codes.ts'
import type { Job } from '../domain/job.ts'
import type { WireHeartbeatAnswer } from '../protocol/heartbeat.ts'
import { JobSchema } from '../protocol/job.ts'
import type { WireJob } from '../protocol/job.ts'
import { NoJobSchema, offersJob } from '../protocol/next.ts'

/** A job or lease of a longer id cannot even be refused: nobody writes megabytes into logs and calls by another's will. */
const MAX_ID = 1024

/**
 * Reads the body of `next`: a job, none, or a job that must be refused unseen, as is one that brings our own key (`hadKey`): its
 * params would be kept on the disk and go to an engine.
 */
export function toNextAnswer(body: unknown, hadKey: boolean): NextAnswer {
  if (!offersJob(body)) {
    const none = NoJobSchema.safeParse(body)
    return { kind: 'none', skipped: (none.success ? none.data.skipped : null) ?? {} }
  }
  const parsed = JobSchema.safeParse(body)
  if (parsed.success && !hadKey) return { kind: 'job', job: toJob(parsed.data) }
  return {
    kind: 'malformed',
    id: boundedId(body.id),
    leaseId: leaseIdOf(body),
    failure: parsed.success
      ? jobFailure('E_DENY', 'the job holds the API key of this miner, which must go nowhere but to its coordinator')
      : jobFailure('E_INVALID', `the job does not fit the coordinator API v1: ${describeIssues(parsed.error)}`),
  }
}

function toJob(wire: WireJob): Job {
  return {
    id: wire.id,
    workload: wire.workload,
    params: wire.params,
    model:
      wire.model == null
        ? null
        : {
            name: wire.model.name ?? null,
            uri: wire.model.uri ?? null,
            sha256: wire.model.sha256 ?? null,
            bytes: wire.model.bytes ?? null,
          },
    inputs: (wire.inputs ?? []).map((input) => ({
      name: input.name,
      uri: input.uri,
      sha256: input.sha256 ?? null,
      bytes: input.bytes ?? null,
      mediaType: input.media_type ?? null,
    })),
    limits: {
      maxRuntimeS: wire.limits?.max_runtime_s ?? null,
      ramMb: wire.limits?.ram_mb ?? null,
      vramMb: wire.limits?.vram_mb ?? null,
      maxOutputBytes: wire.limits?.max_output_bytes ?? null,
    },
    lease: wire.lease == null ? null : { id: wire.lease.id, expiresAt: wire.lease.expires_at },
    attempt: wire.attempt ?? 1,
    reward: wire.reward ?? null,
    deadline: wire.deadline ?? null,
  }
}

/** Reads the answer to a heartbeat; every field may be missing. */
export function toHeartbeatAnswer(wire: WireHeartbeatAnswer): HeartbeatAnswer {
  return {
    serverTimeMs: wire.server_time == null ? null : Date.parse(wire.server_time),
    leases: wire.leases?.map((lease) => ({ id: lease.id, jobId: lease.job_id, expiresAt: lease.expires_at })) ?? null,
    cancel: wire.cancel ?? [],
    drain: wire.drain ?? false,
  }
}

/** All that is wrong with a body, as one line: `limits.ram_mb: expected number`. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
    .join('; ')
}

function leaseIdOf(body: object): string | null {
  const lease: unknown = 'lease' in body ? body.lease : null
  return typeof lease === 'object' && lease !== null && 'id' in lease ? boundedId(lease.id) : null
}

function boundedId(id: unknown): string | null {
  return typeof id === 'string' && id.length <= MAX_ID ? id : null
}
