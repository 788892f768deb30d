import type { z } from 'zod'
import { MinersSchema, StatsSchema } from './admin.ts'
import { CapabilitiesSchema } from './capabilities.ts'
import { JobSubmissionSchema, JobViewSchema, JobsPageSchema } from './client-jobs.ts'
import type { ApiErrorCode } from './errors.ts'
import { FailAnswerSchema, FailSchema } from './fail.ts'
import { HealthSchema } from './health.ts'
import { HeartbeatAnswerSchema, HeartbeatSchema } from './heartbeat.ts'
import { JobEventsAnswerSchema, JobEventsSchema } from './job-events.ts'
import { NextAnswerSchema, NextQuerySchema } from './next.ts'
import { BalanceQuerySchema, JobsQuerySchema, LedgerQuerySchema } from './page-query.ts'
import { ProofSchema, ReceiptSchema } from './proof.ts'
import { RegisterAnswerSchema } from './register.ts'
import { BalanceSchema, LedgerPageSchema } from './wallet.ts'

/** What an API key may do. */
export type Role = 'miner' | 'client' | 'admin'

/** One answer of an endpoint. Without a schema it has no JSON body. */
export interface EndpointAnswer {
  readonly description: string
  readonly schema?: z.ZodType
  /** The media type of a body that is not JSON. */
  readonly mediaType?: string
}

/** One call of the API. */
export interface Endpoint {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** With path parameters in braces: `/v1/jobs/{id}`. */
  readonly path: string
  readonly summary: string
  /** The roles that may call it; null needs no key. An admin may call all. */
  readonly roles: readonly Role[] | null
  /** True for the calls that every coordinator has. */
  readonly isCore?: true
  /** True for calls that are not of the API v1 but the mock coordinator's own. */
  readonly isMockOnly?: true
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** The media type of a body that is not JSON. */
  readonly bodyMediaType?: string
  readonly answers: Readonly<Record<number, EndpointAnswer>>
  /** Errors of its own, besides those that every endpoint of its kind has. */
  readonly errors: readonly ApiErrorCode[]
}

/** Every call of the coordinator API v1. */
export const ENDPOINTS = {
  health: {
    method: 'get',
    path: '/health',
    summary: 'Whether the coordinator is up',
    roles: null,
    answers: { 200: { description: 'It is', schema: HealthSchema } },
    errors: [],
  },
  register: {
    method: 'post',
    path: '/v1/miner/register',
    summary: 'Tell what a miner offers',
    roles: ['miner'],
    body: CapabilitiesSchema,
    answers: {
      200: { description: 'The miner was known', schema: RegisterAnswerSchema },
      201: { description: 'The miner is new', schema: RegisterAnswerSchema },
    },
    errors: [],
  },
  heartbeat: {
    method: 'post',
    path: '/v1/miner/heartbeat',
    summary: 'A sign of life; renews the lease of every job that it lists',
    roles: ['miner'],
    isCore: true,
    body: HeartbeatSchema,
    answers: {
      200: { description: 'Leases renewed, jobs to cancel', schema: HeartbeatAnswerSchema },
      204: { description: 'Taken, by a coordinator that has nothing to say' },
    },
    errors: [],
  },
  next: {
    method: 'get',
    path: '/v1/miner/next',
    summary: 'Ask for a job; with wait, hold the request until one fits',
    roles: ['miner'],
    isCore: true,
    query: NextQuerySchema,
    answers: { 200: { description: 'A job, or a body without id when there is none', schema: NextAnswerSchema } },
    errors: [],
  },
  uploadOutput: {
    method: 'put',
    path: '/v1/miner/jobs/{id}/output',
    summary: 'Upload an output too large for its proof, with Content-Digest',
    roles: ['miner'],
    bodyMediaType: 'application/octet-stream',
    answers: { 201: { description: 'Stored' } },
    errors: ['JOB_NOT_FOUND', 'LEASE_LOST', 'PAYLOAD_TOO_LARGE', 'DIGEST_MISMATCH'],
  },
  proof: {
    method: 'post',
    path: '/v1/miner/proof',
    summary: 'Prove a job and be paid, once',
    roles: ['miner'],
    isCore: true,
    body: ProofSchema,
    answers: {
      200: { description: 'The same proof again: the same receipt', schema: ReceiptSchema },
      201: { description: 'Accepted and credited', schema: ReceiptSchema },
    },
    errors: ['JOB_NOT_FOUND', 'JOB_ALREADY_PROVEN', 'LEASE_LOST', 'OUTPUT_SHA_MISMATCH', 'BAD_SIGNATURE'],
  },
  fail: {
    method: 'post',
    path: '/v1/miner/fail',
    summary: 'Give a job up, with the reason',
    roles: ['miner'],
    body: FailSchema,
    answers: { 200: { description: 'Taken', schema: FailAnswerSchema } },
    errors: ['JOB_NOT_FOUND', 'JOB_ALREADY_PROVEN', 'LEASE_LOST'],
  },
  jobEvents: {
    method: 'post',
    path: '/v1/miner/jobs/{id}/events',
    summary: 'Tokens, progress and log lines of a running job',
    roles: ['miner'],
    body: JobEventsSchema,
    answers: { 202: { description: 'Taken', schema: JobEventsAnswerSchema } },
    errors: ['JOB_NOT_FOUND', 'LEASE_LOST'],
  },
  balance: {
    method: 'get',
    path: '/v1/wallet/balance',
    summary: 'What a wallet holds',
    roles: ['miner', 'client'],
    query: BalanceQuerySchema,
    answers: { 200: { description: 'The balance', schema: BalanceSchema } },
    errors: [],
  },
  ledger: {
    method: 'get',
    path: '/v1/wallet/ledger',
    summary: 'The bookings of a wallet, oldest first',
    roles: ['miner', 'client'],
    query: LedgerQuerySchema,
    answers: { 200: { description: 'A page', schema: LedgerPageSchema } },
    errors: [],
  },
  submitJob: {
    method: 'post',
    path: '/v1/jobs',
    summary: 'Submit a job',
    roles: ['client'],
    body: JobSubmissionSchema,
    answers: { 201: { description: 'Queued', schema: JobViewSchema } },
    errors: [],
  },
  listJobs: {
    method: 'get',
    path: '/v1/jobs',
    summary: 'Jobs, newest first',
    roles: ['client'],
    query: JobsQuerySchema,
    answers: { 200: { description: 'A page', schema: JobsPageSchema } },
    errors: [],
  },
  job: {
    method: 'get',
    path: '/v1/jobs/{id}',
    summary: 'One job with its state',
    roles: ['client'],
    answers: { 200: { description: 'The job', schema: JobViewSchema } },
    errors: ['JOB_NOT_FOUND'],
  },
  jobOutput: {
    method: 'get',
    path: '/v1/jobs/{id}/output',
    summary: 'The bytes that a job produced, with Content-Type and Content-Digest',
    roles: ['client'],
    answers: { 200: { description: 'The bytes', mediaType: 'application/octet-stream' } },
    errors: ['JOB_NOT_FOUND', 'NOT_FOUND', 'JOB_NOT_READY'],
  },
  watchJob: {
    method: 'get',
    path: '/v1/jobs/{id}/events',
    summary: 'Server-sent events: state, token, progress, done; Last-Event-ID resumes',
    roles: ['client'],
    answers: { 200: { description: 'The events so far, then live until done', mediaType: 'text/event-stream' } },
    errors: ['JOB_NOT_FOUND'],
  },
  cancelJob: {
    method: 'post',
    path: '/v1/jobs/{id}/cancel',
    summary: 'Cancel a job; a job that has ended stays as it is',
    roles: ['client'],
    answers: { 200: { description: 'The job', schema: JobViewSchema } },
    errors: ['JOB_NOT_FOUND'],
  },
  stats: {
    method: 'get',
    path: '/v1/admin/stats',
    summary: 'Queue depth, miners online, success rate, latencies',
    roles: ['admin'],
    answers: { 200: { description: 'The figures', schema: StatsSchema } },
    errors: [],
  },
  miners: {
    method: 'get',
    path: '/v1/admin/miners',
    summary: 'Each miner with its last heartbeat',
    roles: ['admin'],
    answers: { 200: { description: 'The miners', schema: MinersSchema } },
    errors: [],
  },
} as const satisfies Record<string, Endpoint>

export type EndpointName = keyof typeof ENDPOINTS
