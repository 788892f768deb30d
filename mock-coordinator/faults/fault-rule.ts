import { z } from 'zod'
import { ENDPOINTS } from '../../src/protocol/endpoints.ts'
import type { EndpointName } from '../../src/protocol/endpoints.ts'
import { JsonObjectSchema } from '../../src/protocol/json-object.ts'

/** About jobs that a miner holds. */
const HOLDER_ENDPOINTS = ['heartbeat', 'next', 'uploadOutput', 'proof', 'fail', 'jobEvents'] as const
const MINER_ENDPOINTS = ['register', ...HOLDER_ENDPOINTS] as const

const count = z.int().min(1).max(1_000_000_000)
const whenSchema = z.enum(['before', 'after'])

/** Which calls a rule hits: of those after the first `after`, every `every`th, with `probability`, at most `times`. */
const triggerShape = {
  /** For the log and the report. Default: the fault and the place in the file, such as `reset-2`. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 characters of A-Z a-z 0-9 . _ -')
    .optional(),
  after: z.int().min(0).default(0),
  every: count.default(1),
  probability: z.number().min(0).max(1).default(1),
  times: count.optional(),
}

const anywhere = { on: onSchema(endpointNames()), ...triggerShape }
const onHeldJobs = { on: onSchema(HOLDER_ENDPOINTS), ...triggerShape }
const onPolls = { on: onSchema(['next']), ...triggerShape }

/** A rule of a fault plan: the fault, its own figures, and when it strikes. docs/faults.md has the table. */
export const FaultRuleSchema = z.discriminatedUnion(
  'fault',
  [
    z.strictObject({
      fault: z.literal('latency'),
      ...anywhere,
      when: whenSchema.default('before'),
      ms: z.int().min(0).max(3_600_000),
      jitter_ms: z.int().min(0).max(3_600_000).default(0),
    }),
    z.strictObject({ fault: z.literal('reset'), ...anywhere, when: whenSchema.default('before') }),
    z.strictObject({ fault: z.literal('silence'), ...anywhere, when: whenSchema.default('after') }),
    z.strictObject({
      fault: z.literal('status'),
      ...anywhere,
      when: whenSchema.default('before'),
      status: z.int().min(300).max(599),
      /** Sent as it is: seconds, a date, or nonsense. */
      retry_after: z.union([z.number().transform(String), headerText()]).optional(),
      location: headerText().optional(),
    }),
    z.strictObject({
      fault: z.literal('truncate'),
      ...anywhere,
      /** The share of the answer that is sent. */
      keep: z.number().min(0).max(1).default(0.5),
      /** complete: a whole HTTP message with half a body; cut: the connection breaks off. */
      ending: z.enum(['complete', 'cut']).default('complete'),
    }),
    z.strictObject({
      fault: z.literal('garble'),
      ...anywhere,
      when: whenSchema.default('after'),
      as: z.enum(['noise', 'html', 'other_json']).default('noise'),
    }),
    z.strictObject({
      fault: z.literal('huge_body'),
      ...anywhere,
      when: whenSchema.default('after'),
      megabytes: z.int().min(1).max(100_000).default(100),
    }),
    z.strictObject({
      fault: z.literal('slow_loris'),
      ...anywhere,
      part: z.enum(['head', 'body']).default('body'),
      bytes_per_s: z.number().positive().max(1_000_000).default(1),
    }),
    z.strictObject({
      fault: z.literal('duplicate_job'),
      ...onPolls,
      /** Whose last job is handed out again. */
      of: z.enum(['caller', 'anyone']).default('caller'),
      /** Put in the place of the job's own. */
      params: JsonObjectSchema.optional(),
    }),
    z.strictObject({
      fault: z.literal('clock'),
      ...anywhere,
      offset_s: z.number().min(-1e9).max(1e9),
      parts: z
        .array(z.enum(['server_time', 'date', 'lease', 'job']))
        .min(1)
        .default(['server_time', 'date', 'lease', 'job']),
    }),
    z.strictObject({ fault: z.literal('expire_lease'), ...onHeldJobs, when: whenSchema.default('before') }),
    z.strictObject({ fault: z.literal('cancel_job'), ...onHeldJobs, when: whenSchema.default('before') }),
    z.strictObject({
      fault: z.literal('revoke_key'),
      ...anywhere,
      status: z.union([z.literal(401), z.literal(403)]).default(401),
      /** After so long the key is given back; without it, when the plan is replaced. */
      for_s: z.number().positive().max(1e9).optional(),
    }),
  ],
  { error: 'must be a fault of docs/faults.md, such as latency, reset or status' },
)

export type FaultRule = z.output<typeof FaultRuleSchema>
export type FaultKind = FaultRule['fault']
/** The rule of one kind. */
export type RuleOf<Kind extends FaultKind> = Extract<FaultRule, { readonly fault: Kind }>

/** Operation ids of the OpenAPI document, one or a list; `miner` stands for all of the miner's that the fault can strike. */
function onSchema(allowed: readonly EndpointName[]) {
  const target = z.enum(['miner', ...allowed])
  const error = `must be one of ${target.options.join(', ')}, or a list of them`
  return z.union([target, z.array(target).min(1)], { error }).transform((on): readonly EndpointName[] => {
    const targets = new Set([on].flat().flatMap((each) => (each === 'miner' ? MINER_ENDPOINTS : [each])))
    return allowed.filter((name) => targets.has(name))
  })
}

/** The operation ids of the API v1. */
export function endpointNames(): readonly EndpointName[] {
  return Object.keys(ENDPOINTS).filter((name): name is EndpointName => Object.hasOwn(ENDPOINTS, name))
}

function headerText() {
  return z
    .string()
    .max(1024)
    .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')
}
