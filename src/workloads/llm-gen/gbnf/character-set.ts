/** What one character of a text may be: within one of the ranges of code points, or, if negated, within none. */
export interface CharacterSet {
  readonly ranges: readonly (readonly [from: number, to: number])[]
  readonly isNegated: boolean
}

/** A place for one character. */
export const ANY_CHARACTER: CharacterSet = { ranges: [], isNegated: true }

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }
const DASH = 0x2d

/** The characters of what stands between the quotes of a text, one by one. */
export function textCharacters(inner: string): readonly CharacterSet[] {
  return codePoints(inner).map(({ code }) => ({ ranges: [[code, code]], isNegated: false }))
}

/** What stands between the square brackets of a class, such as `^a-z0-9`. */
export function classCharacters(inner: string): CharacterSet {
  const isNegated = inner.startsWith('^')
  const points = codePoints(isNegated ? inner.slice(1) : inner)
  const ranges: (readonly [number, number])[] = []
  for (let at = 0; at < points.length; at += 1) {
    const from = points[at]?.code ?? 0
    const dash = points[at + 1]
    const to = points[at + 2]
    const isRange = dash?.code === DASH && !dash.isEscaped && to !== undefined
    ranges.push([from, isRange ? to.code : from])
    if (isRange) at += 2
  }
  return { ranges, isNegated }
}

export function matches({ ranges, isNegated }: CharacterSet, code: number): boolean {
  return ranges.some(([from, to]) => code >= from && code <= to) !== isNegated
}

/** A character that is in the set, where one is easily found; null otherwise. */
export function sampleOf(set: CharacterSet): number | null {
  if (!set.isNegated) return set.ranges[0]?.[0] ?? null
  for (let code = 0x61; code < 0x7f; code += 1) if (matches(set, code)) return code
  return null
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
