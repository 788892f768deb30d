import { z } from 'zod'

/** 1–128 characters of `A–Z a–z 0–9 . _ : -`, other than `.` and `..`: safe as a file name and as a path segment. */
export const JobIdSchema = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,128}$/, 'must be 1 to 128 characters of A-Z a-z 0-9 . _ : - other than "." and ".."')

/** The id of a lease, which may be a token: any text that canonical JSON (RFC 8785) has a form for, since a proof's signature covers it. */
export const LeaseIdSchema = z
  .string()
  .min(1)
  .max(1024)
  .refine((id) => id.isWellFormed(), 'must not contain half of a surrogate pair')

/** A name of a miner or a wallet: printable, bounded, never used as a path. */
export const NameSchema = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters')

/** A workload's name, such as `llm_gen`. Names unknown to this version are valid: either side can be newer. */
export const WorkloadNameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be a workload name such as llm_gen')

/** Lower-case hex sha256. */
export const Sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 in lower-case hex')

/** A decimal string of money, never negative and never a float: `0.25`. */
export const MoneySchema = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?$/, 'must be money as a decimal string such as "0.25"')

/** Like `MoneySchema`, with an optional minus: what an entry of a ledger may hold. */
export const SignedMoneySchema = z
  .string()
  .regex(/^-?(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?$/, 'must be money as a decimal string such as "-0.25"')

/** The unit of money, such as `AITBC`. */
export const MoneyUnitSchema = z.string().min(1).max(16)

/** ISO 8601 UTC: `2025-09-26T13:37:00Z`, with or without fractions; `+00:00` is taken for `Z`. */
export const UtcTimeSchema = z.iso.datetime({ offset: true }).regex(/(?:Z|\+00:00)$/, 'must be in UTC')

/** A whole number from 0 that a double holds exactly. */
export const CountSchema = z.int().nonnegative()

/** A finite number from 0: a duration, a share, a rate. */
export const QuantitySchema = z.number().nonnegative()

/** Where a job runs. */
export const ModeSchema = z.enum(['gpu', 'cpu'])

/** A boolean; early miners send 0 and 1 for it. */
export const GpuFlagSchema = z.union([z.boolean(), z.literal(0), z.literal(1)])

/** The media type of an output, such as `image/png`. */
export const MediaTypeSchema = z
  .string()
  .max(128)
  .regex(/^[\w.+-]+\/[\w.+-]+(?:\s*;\s*[\w.+-]+=(?:[\w.+-]+|"[\w .+-]*"))*$/, 'must be a media type such as image/png')
