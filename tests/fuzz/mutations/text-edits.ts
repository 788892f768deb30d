import fc from 'fast-check'

type TextEdit =
  | { readonly kind: 'insert'; readonly at: number; readonly text: string; readonly times: number }
  | { readonly kind: 'replace'; readonly at: number; readonly count: number; readonly text: string }
  | { readonly kind: 'remove'; readonly at: number; readonly count: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly count: number; readonly times: number }
  | { readonly kind: 'move'; readonly at: number; readonly count: number; readonly to: number }
  | { readonly kind: 'cut'; readonly at: number }

/** Characters that readers of any text stumble over. */
const ODD_TEXTS = [
  '\0',
  '\u001b',
  '\r',
  '\n',
  '\t',
  '\u0085',
  '\u2028',
  '\ufeff',
  '\ud800',
  '\udc00',
  '\u{1f4a5}',
  'é',
  '٣',
  '-',
  '"',
  "'",
  '\\',
  '`',
]

const place = fc.nat(0xfff_ffff)

export interface TextDamage {
  /** Words of the format: what it is made of comes back in wrong places. */
  readonly words: readonly string[]
  /** @default 6 */
  readonly maxEdits?: number
  /** How often a piece may be repeated, to see what a text of many of them costs. @default 64 */
  readonly maxTimes?: number
}

/** One of the given texts, damaged. Shrinks to fewer and simpler damages. */
export function damagedText(
  seeds: fc.Arbitrary<string>,
  { words, maxEdits = 6, maxTimes = 64 }: TextDamage,
): fc.Arbitrary<string> {
  const piece = fc.oneof(fc.constantFrom(...words), fc.constantFrom(...ODD_TEXTS), fc.string({ maxLength: 8 }))
  const times = fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(maxTimes) })
  const edit: fc.Arbitrary<TextEdit> = fc.oneof(
    fc.record({ kind: fc.constant('insert' as const), at: place, text: piece, times }),
    fc.record({ kind: fc.constant('replace' as const), at: place, count: fc.nat(12), text: piece }),
    fc.record({ kind: fc.constant('remove' as const), at: place, count: fc.nat(32) }),
    fc.record({ kind: fc.constant('repeat' as const), at: place, count: fc.nat(48), times: fc.nat(maxTimes) }),
    fc.record({ kind: fc.constant('move' as const), at: place, count: fc.nat(32), to: place }),
    fc.record({ kind: fc.constant('cut' as const), at: place }),
  )
  return fc.tuple(seeds, fc.array(edit, { maxLength: maxEdits })).map(([seed, edits]) => edits.reduce(applied, seed))
}

function applied(text: string, edit: TextEdit): string {
  const at = edit.at % (text.length + 1)
  switch (edit.kind) {
    case 'insert':
      return text.slice(0, at) + edit.text.repeat(edit.times) + text.slice(at)
    case 'replace':
      return text.slice(0, at) + edit.text + text.slice(at + edit.count)
    case 'remove':
      return text.slice(0, at) + text.slice(at + edit.count)
    case 'repeat':
      return text.slice(0, at) + text.slice(at, at + edit.count).repeat(edit.times) + text.slice(at)
    case 'move': {
      const rest = text.slice(0, at) + text.slice(at + edit.count)
      const to = edit.to % (rest.length + 1)
      return rest.slice(0, to) + text.slice(at, at + edit.count) + rest.slice(to)
    }
    case 'cut':
      return text.slice(0, at)
    default:
      return edit satisfies never
  }
}
