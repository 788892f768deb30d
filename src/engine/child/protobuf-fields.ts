/** The wire format of protocol buffers, as far as writing a small message needs it: fields of bytes, texts and integers. */

/** Parts of a message, one after another. */
export function message(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}

/** A length-delimited field: bytes, a text, or a message in the message. */
export function field(number: number, content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
}

/** An integer field, from 0 to 2^53 - 1. */
export function integerField(number: number, value: number): Uint8Array {
  return Buffer.concat([varint(number * 8), varint(value)])
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) + 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
