import { z } from 'zod'

import type { MinerStatus } from '../domain/miner-status.ts'

/**
 * What goes over the control socket: the client sends one request as a line of JSON, the server answers with one line
 * and closes the connection.
 */
export const controlRequestSchema = z.discriminatedUnion('request', [z.object({ request: z.literal('status') })])

export type ControlRequest = z.infer<typeof controlRequestSchema>

/** Longest request line; a longer one is not from our client. */
export const MAX_REQUEST_BYTES = 4096

/** Longest answer line that a client reads. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024

const countSchema = z.int().nonnegative()

/** Unknown fields are kept out, so that a newer daemon can be asked by an older command. */
export const minerStatusSchema: z.ZodType<MinerStatus> = z.object({
  version: z.string(),
  pid: z.int(),
  startedAt: z.string(),
  minerId: z.string(),
  wallet: z.string(),
  state: z.enum(['starting', 'online', 'waiting', 'draining', 'stopping']),
  stateReason: z.string().nullable(),
  mode: z.enum(['gpu', 'cpu']),
  slots: z.object({ total: countSchema, busy: countSchema }),
  jobs: z.array(
    z.object({
      id: z.string(),
      workload: z.string(),
      state: z.string(),
      attempt: countSchema,
      startedAt: z.string(),
      progress: z.object({ done: z.number(), total: z.number() }).nullable(),
    }),
  ),
  outbox: z.object({
    waiting: countSchema,
    oldestAgeS: z.number().nullable(),
    nextTryInS: z.number().nullable(),
    lastError: z.string().nullable(),
  }),
  coordinator: z.object({
    url: z.string(),
    reachable: z.boolean().nullable(),
    lastContactAt: z.string().nullable(),
    lastError: z.string().nullable(),
    longPoll: z.boolean().nullable(),
    skipped: z.record(z.string(), z.number()).nullable(),
    balance: z.string().nullable(),
  }),
  engines: z.array(
    z.object({
      engine: z.string(),
      device: z.string().nullable(),
      state: z.enum(['stopped', 'starting', 'ready', 'backoff']),
      pid: z.int().nullable(),
      activeRuns: countSchema,
      restarts: countSchema,
      rssMb: z.number().nullable(),
      version: z.string().nullable(),
      backend: z.string().nullable(),
      // A daemon from before an upgrade does not say.
      sandbox: z.string().nullable().default(null),
    }),
  ),
  gpus: z.array(
    z.object({
      index: z.int(),
      name: z.string(),
      vramMb: z.number().nullable(),
      backend: z.string(),
      driver: z.string().nullable(),
      isUsable: z.boolean(),
      problem: z.string().nullable(),
    }),
  ),
  totals: z.object({
    accepted: countSchema,
    proved: countSchema,
    failed: countSchema,
    credited: countSchema,
    dropped: countSchema,
  }),
  recent: z.array(z.object({ id: z.string(), workload: z.string(), state: z.string(), result: z.string(), at: z.string() })),
})

/** The one line that answers a request. */
export const controlAnswerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), status: minerStatusSchema }),
  z.object({ ok: z.literal(false), error: z.string() }),
])

export type ControlAnswer = z.infer<typeof controlAnswerSchema>
