import canonicalize from 'canonicalize'

/** RFC 8785 canonical JSON in UTF-8: one value, one sequence of bytes, one hash. */
export function canonicalJson(value: Readonly<Record<string, unknown>>): Uint8Array {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('value has no JSON form')
  return Buffer.from(text, 'utf8')
}
