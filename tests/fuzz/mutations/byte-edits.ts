import fc from 'fast-check'

type ByteEdit =
  | { readonly kind: 'set'; readonly at: number; readonly byte: number }
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'number'; readonly at: number; readonly width: 2 | 4 | 8; readonly value: bigint }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'remove'; readonly at: number; readonly count: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly count: number; readonly times: number }
  | { readonly kind: 'cut'; readonly at: number }

/** Counts and lengths at which readers go wrong. */
const NUMBERS = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffffn,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
]

const place = fc.nat(0xfff_ffff)

const byteEdit: fc.Arbitrary<ByteEdit> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: place, byte: fc.nat(255) }),
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat(7) }),
  fc.record({
    kind: fc.constant('number' as const),
    at: place,
    width: fc.constantFrom(2 as const, 4 as const, 8 as const),
    value: fc.oneof(fc.constantFrom(...NUMBERS), fc.bigInt({ min: 0n, max: 4096n })),
  }),
  fc.record({ kind: fc.constant('insert' as const), at: place, bytes: fc.uint8Array({ maxLength: 16 }) }),
  fc.record({ kind: fc.constant('remove' as const), at: place, count: fc.nat(32) }),
  fc.record({ kind: fc.constant('repeat' as const), at: place, count: fc.nat(64), times: fc.nat(64) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
)

/**
 * One of the given files, damaged in up to `maxEdits` places. Shrinks to fewer and simpler damages of an earlier file.
 * Half of the places lie within the first `headBytes`, where formats keep their counts.
 */
export function damagedBytes(
  seeds: fc.Arbitrary<Uint8Array>,
  { maxEdits = 6, headBytes = 64 }: { readonly maxEdits?: number; readonly headBytes?: number } = {},
): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const edits = fc.array(fc.tuple(byteEdit, fc.boolean()), { maxLength: maxEdits })
  return fc
    .tuple(seeds, edits)
    .map(([seed, edits]) =>
      edits.reduce(
        (bytes, [edit, isInHead]) => applied(bytes, edit, isInHead ? Math.min(headBytes, bytes.length) : bytes.length),
        new Uint8Array(seed),
      ),
    )
}

function applied(bytes: Uint8Array<ArrayBuffer>, edit: ByteEdit, span: number): Uint8Array<ArrayBuffer> {
  const at = span === 0 ? 0 : edit.at % span
  switch (edit.kind) {
    case 'set':
      return spliced(bytes, at, 1, Uint8Array.of(edit.byte))
    case 'flip':
      return spliced(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << edit.bit)))
    case 'number':
      return spliced(bytes, at, edit.width, littleEndian(edit.value, edit.width))
    case 'insert':
      return spliced(bytes, at, 0, edit.bytes)
    case 'remove':
      return spliced(bytes, at, edit.count, new Uint8Array())
    case 'repeat':
      return spliced(bytes, at, 0, Buffer.concat(Array.from({ length: edit.times }, () => bytes.subarray(at, at + edit.count))))
    case 'cut':
      return bytes.slice(0, at)
    default:
      return edit satisfies never
  }
}

function spliced(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]))
}

function littleEndian(value: bigint, width: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value, true)
  return bytes.subarray(0, width)
}
