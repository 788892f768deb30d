import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Job } from '../domain/job.ts'
import type { ProofOfCompute } from '../domain/outcome.ts'
import type { NodeIdentity } from './node-identity.ts'

/** What an output was computed with, as far as it may change the result: engine, version, backend, device, settings. */
export type ComputeEnvironment = Readonly<Record<string, string | number | boolean>>

export interface ProofStatement {
  readonly job: Job
  /** Lower-case hex. */
  readonly outputSha: string
  readonly environment: ComputeEnvironment
  /** ISO 8601 UTC, as the proof itself will say. */
  readonly startedAt: string
  readonly finishedAt: string
}

/** Signs what was computed, from what and with what (coordinator API v1, section 2). The job's lease and attempt are signed along. */
export function signProofOfCompute(identity: NodeIdentity, statement: ProofStatement): ProofOfCompute {
  const { job, outputSha, environment, startedAt, finishedAt } = statement
  const inputSha = inputShaOf(job)
  const envSha = sha256OfJson(environment)
  const payload = canonicalJson({
    id: job.id,
    lease_id: job.lease?.id ?? null,
    attempt: job.attempt,
    output_sha: outputSha,
    input_sha: inputSha,
    env_sha: envSha,
    started_at: startedAt,
    finished_at: finishedAt,
  })
  return { publicKey: identity.publicKey, inputSha, envSha, signature: identity.sign(Buffer.from(payload, 'utf8')) }
}

/** The hash of all that the coordinator gave, so that it can be compared between miners. */
export function inputShaOf(job: Job): string {
  return sha256OfJson({
    workload: job.workload,
    params: job.params ?? {},
    model: job.model?.sha256 ?? null,
    inputs: job.inputs.map(({ sha256 }) => sha256),
  })
}

function sha256OfJson(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('a value without a JSON form cannot be signed')
  return text
}
