import { toUtcTime } from '../ids.ts'
import type { RuleOf } from './fault-rule.ts'

type Part = RuleOf<'clock'>['parts'][number]

const FIELDS: Readonly<Record<Exclude<Part, 'date'>, ReadonlySet<string>>> = {
  server_time: new Set(['server_time']),
  lease: new Set(['expires_at']),
  job: new Set(['created_at', 'deadline']),
}
/** Where the API has times: in the body itself, in the lease of a job, in the leases of a heartbeat. */
const HOLDERS = new Set(['lease', 'leases'])

/** The body with those of its times that the rule names moved by its offset; one that is no JSON object stays as it is. */
export function shiftClock(body: Buffer, rule: RuleOf<'clock'>): Buffer {
  const json = parse(body)
  if (json === null) return body
  const fields = new Set(rule.parts.flatMap((part) => (part === 'date' ? [] : [...FIELDS[part]])))
  return Buffer.from(JSON.stringify(shift(json, fields, rule.offset_s * 1000)))
}

function parse(body: Buffer): object | null {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'))
    return typeof json === 'object' ? json : null
  } catch {
    return null
  }
}

function shift(value: object, fields: ReadonlySet<string>, byMs: number): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => (isObject(each) ? shift(each, fields, byMs) : each))
  return Object.fromEntries(
    Object.entries(value).map(([key, each]: [string, unknown]) => {
      if (fields.has(key) && typeof each === 'string') return [key, toUtcTime(Date.parse(each) + byMs)]
      return [key, HOLDERS.has(key) && isObject(each) ? shift(each, fields, byMs) : each]
    }),
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
