/** What one character of a text may be: within one of the ranges of code points, or, if negated, within none. */
export interface CharacterSet {
  /** In ascending order, without overlaps. */
  readonly ranges: readonly Range[]
  readonly isNegated: boolean
  /** Ranges as they were written: llama.cpp looks through all of them. */
  readonly written: number
}

type Range = readonly [from: number, to: number]

/** A place for one character. */
export const ANY_CHARACTER: CharacterSet = { ranges: [], isNegated: true, written: 1 }

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }
const DASH = 0x2d

/** The characters of what stands between the quotes of a text, one by one. */
export function textCharacters(inner: string): readonly CharacterSet[] {
  return codePoints(inner).map(({ code }) => ({ ranges: [[code, code]], isNegated: false, written: 1 }))
}

/** What stands between the square brackets of a class, such as `^a-z0-9`. */
export function classCharacters(inner: string): CharacterSet {
  const isNegated = inner.startsWith('^')
  const points = codePoints(isNegated ? inner.slice(1) : inner)
  const ranges: Range[] = []
  for (let at = 0; at < points.length; at += 1) {
    const from = points[at]?.code ?? 0
    const dash = points[at + 1]
    const to = points[at + 2]
    const isRange = dash?.code === DASH && !dash.isEscaped && to !== undefined
    ranges.push([from, isRange ? to.code : from])
    if (isRange) at += 2
  }
  return { ranges: merged(ranges), isNegated, written: ranges.length }
}

export function matches({ ranges, isNegated }: CharacterSet, code: number): boolean {
  let [low, high] = [0, ranges.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle]?.[1] ?? 0) < code) low = middle + 1
    else high = middle
  }
  const [from] = ranges[low] ?? [Infinity]
  return code >= from !== isNegated
}

/** A character that is in the set, where one is easily found; null otherwise. */
export function sampleOf(set: CharacterSet): number | null {
  if (!set.isNegated) return set.ranges[0]?.[0] ?? null
  for (let code = 0x61; code < 0x7f; code += 1) if (matches(set, code)) return code
  return null
}

function merged(ranges: readonly Range[]): readonly Range[] {
  const disjoint: [from: number, to: number][] = []
  for (const [from, to] of ranges.filter((range) => range[0] <= range[1]).toSorted((a, b) => a[0] - b[0])) {
    const last = disjoint.at(-1)
    if (last === undefined || from > last[1]) disjoint.push([from, to])
    else last[1] = Math.max(last[1], to)
  }
  return disjoint
}

function codePoints(text: string): readonly { readonly code: number; readonly isEscaped: boolean }[] {
  const pieces = text.matchAll(/\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\(.)|(.)/gsu)
  return [...pieces].map(([, two, four, eight, escaped, plain]) => {
    const hex = two ?? four ?? eight
    if (hex !== undefined) return { code: Number.parseInt(hex, 16), isEscaped: true }
    const character = escaped === undefined ? (plain ?? '') : (ESCAPES[escaped] ?? escaped)
    return { code: character.codePointAt(0) ?? 0, isEscaped: escaped !== undefined }
  })
}
