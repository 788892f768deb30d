import { z } from 'zod'
import { FAILURE_CODES } from '../domain/failure-codes.ts'
import type { FailureCode } from '../domain/failure-codes.ts'

/** Outputs up to this size travel in a message; larger ones are written to a file in the job's folder. */
export const MAX_INLINE_BYTES = 65_536

const runId = z.int().min(1)

/** A text of a child: canonical JSON and SQLite take no half of a surrogate pair, and nobody reads megabytes. */
const text = (maxLength: number): z.ZodString =>
  z
    .string()
    .max(maxLength)
    .refine((given) => given.isWellFormed(), 'is not well-formed')

/** One piece of a text that is generated; it is sent as it grows, several times a second. */
const MAX_TOKEN_TEXT = 524_288
const MAX_LOG_TEXT = 4096
const MAX_NAME = 1000
const MAX_FACTS = 64
/** Larger than anything that is measured, and far from where sums and quotients are no numbers any more. */
const MAX_QUANTITY = 1e15
const quantity = z.number().min(0).max(MAX_QUANTITY)
const factName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/)

/** What the host says to a child. */
export const toChild = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('run'),
    runId,
    workload: z.string(),
    params: z.record(z.string(), z.unknown()),
    model: z
      .object({
        name: z.string(),
        path: z.string(),
        sha256: z.string(),
        format: z.enum(['gguf', 'diffusers', 'onnx']),
        bytes: z.number(),
        contextTokens: z.int().nullable(),
      })
      .nullable(),
    inputs: z.array(z.object({ name: z.string(), path: z.string(), mediaType: z.string().nullable() })),
    workDir: z.string(),
    /** An output beyond that is not written out. */
    maxOutputBytes: z.number(),
  }),
  z.object({ type: z.literal('cancel'), runId }),
  /** Asks for a `pong`, to see whether the child's thread still turns. */
  z.object({ type: z.literal('ping') }),
  z.object({ type: z.literal('shutdown') }),
])

const progress = z.discriminatedUnion('type', [
  z.object({ type: z.literal('token'), data: text(MAX_TOKEN_TEXT) }),
  z.object({ type: z.literal('progress'), data: z.object({ done: quantity, total: quantity }) }),
  z.object({ type: z.literal('log'), data: text(MAX_LOG_TEXT) }),
])

const childOutput = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('inline'), base64: z.base64() }),
  z.object({ kind: z.literal('file'), path: z.string().min(1) }),
])

const facts = z.record(factName, z.union([text(MAX_LOG_TEXT), z.number(), z.boolean()])).refine(isShort, 'has too many facts')
const metrics = z.record(factName, quantity).refine(isShort, 'has too many metrics')
const name = text(MAX_NAME)

/** What a child says to its host. Nothing of it is believed beyond its shape: hashes and sizes are taken by the host. */
export const fromChild = z.discriminatedUnion('type', [
  /** At most once, and before all others: what its launcher has taken from it (src/engine/sandbox). */
  z.object({ type: z.literal('sandbox'), landlockAbi: z.int().min(1).nullable(), hasSeccomp: z.boolean() }),
  /** Once, when the library is loaded. */
  z.object({ type: z.literal('ready'), name, version: name, backend: name, device: name }),
  z.object({ type: z.literal('progress'), runId, progress }),
  z.object({
    type: z.literal('done'),
    runId,
    mode: z.enum(['gpu', 'cpu']),
    mediaType: z
      .string()
      .max(128)
      .regex(/^[a-z]+\/[a-z0-9.+-]+$/),
    output: childOutput,
    metrics,
    environment: facts,
  }),
  z.object({ type: z.literal('failed'), runId, code: z.enum(failureCodes()), message: z.string() }),
  z.object({ type: z.literal('pong') }),
  /** The child is about to end by an error that is no run's. */
  z.object({ type: z.literal('fatal'), message: z.string() }),
])

export type ToChild = z.infer<typeof toChild>
export type FromChild = z.infer<typeof fromChild>
export type ReadyMessage = Extract<FromChild, { type: 'ready' }>
export type SandboxMessage = Extract<FromChild, { type: 'sandbox' }>
export type DoneMessage = Extract<FromChild, { type: 'done' }>

function isShort(record: object): boolean {
  return Object.keys(record).length <= MAX_FACTS
}

function failureCodes(): FailureCode[] {
  return Object.keys(FAILURE_CODES).filter((code): code is FailureCode => Object.hasOwn(FAILURE_CODES, code))
}
