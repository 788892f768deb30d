import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { canonicalJson } from '../../../src/engine/child/canonical-json.ts'
import { ParamsSchema } from '../../../src/protocol/job.ts'
import { duplicateJsonKey } from '../../../src/workloads/tensor-files/duplicate-json-key.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { damagedJson } from '../mutations/json-edits.ts'

const seeds = fc.oneof(
  fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.jsonValue({ maxDepth: 3 })),
  fc.constantFrom(
    { '\u20ac': 1, '\r': 2, '1': 3, '\u{1f600}': 4, '\ufb33': 5, ö: 6 },
    { numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27] },
  ),
)

/**
 * What a job may hold has one canonical form (RFC 8785): that form is the same for any order of its names, is its own canonical form, and
 * reads back as the same value. A name that stands twice in a text is found.
 */
export const canonicalJsonForm = fuzzTarget<string>({
  name: 'canonical-json',
  input: () => damagedJson(seeds),
  open: () => ({
    holds: (json) => {
      const twice = duplicateJsonKey(json)
      const parsed: unknown = JSON.parse(json)
      const names = countNames(parsed)
      // Nothing is left of the first of two, so fewer names come out than went in.
      if (twice === null && (json.match(/":/g) ?? []).length < names) throw new Error(`${names} names out of nowhere`)
      const taken = ParamsSchema.safeParse(parsed)
      if (!taken.success) return
      const text = Buffer.from(canonicalJson(taken.data)).toString('utf8')
      const back: unknown = JSON.parse(text)
      if (text !== reference(taken.data)) throw new Error(`written as ${text}, not ${reference(taken.data)}`)
      if (!isDeepStrictEqual(back, JSON.parse(JSON.stringify(taken.data))))
        throw new Error(`read back as ${JSON.stringify(back)}`)
      if (reference(back) !== text) throw new Error('its form has another form')
      if (text !== Buffer.from(canonicalJson(reversed(taken.data))).toString('utf8'))
        throw new Error('another order is another form')
    },
  }),
})

/** RFC 8785, section 3.2: as ECMAScript writes it, with the names in the order of their UTF-16 units. */
function reference(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(reference).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const names = new Map<string, unknown>(Object.entries(value))
  return `{${[...names.keys()]
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${reference(names.get(name))}`)
    .join(',')}}`
}

function reversed(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).toReversed())
}

function countNames(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce((sum: number, part) => sum + countNames(part), own)
}
