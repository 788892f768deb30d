const REDACTED = '[redacted]'
/** A shorter secret would be found in every other word, and protects nothing. */
const LEAST_CHARS = 4
/** One encoded as a whole (base64, hex, backwards) must be longer than that, since its pieces are. */
const LEAST_ENCODED_CHARS = 8
const BASE64_BITS = 6
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/**
 * Finds secrets in text and takes them out: as they are; with characters escaped as in a URL, in JSON or in a JavaScript string,
 * also several times over; in hex; backwards; and in base64 of either alphabet, also where the encoded bytes hold more than the secret.
 *
 * Secrets are of printable ASCII. Those of fewer than 4 characters are left alone.
 */
export class Redactor {
  readonly #pattern: RegExp | null

  constructor(secrets: readonly string[]) {
    // The longest first, so that one that contains another leaves no rest.
    const longEnough = [...new Set(secrets)].filter(({ length }) => length >= LEAST_CHARS)
    const forms = longEnough.toSorted((a, b) => b.length - a.length).flatMap(formsOf)
    this.#pattern = forms.length === 0 ? null : new RegExp(forms.join('|'), 'g')
  }

  /** The text with `[redacted]` in the place of each secret; the same text where there is none. */
  clean(text: string): string {
    return this.#pattern === null ? text : text.replaceAll(this.#pattern, REDACTED)
  }
}

function formsOf(secret: string): string[] {
  const characters = Array.from(secret)
  const forms = [characters.map(characterPattern).join('')]
  if (characters.length < LEAST_ENCODED_CHARS) return forms
  const codes = characters.map((character) => character.charCodeAt(0))
  return [
    ...forms,
    codes.map(hexPattern).join(''),
    characters.toReversed().map(literal).join(''),
    ...[0, 1, 2].map((bytesBefore) => base64Pattern(codes, bytesBefore)),
  ]
}

/** A character as it is or escaped. The numbers of repetitions are bounded, so that no text makes the search slow. */
function characterPattern(character: string): string {
  const hex = hexPattern(character.charCodeAt(0))
  const escaped = /[A-Za-z0-9]/.test(character) ? literal(character) : `\\\\{0,7}${literal(character)}`
  return `(?:${escaped}|%(?:25){0,4}${hex}|\\\\{1,7}(?:u00|u\\{0{0,4}|x)${hex}\\}?)`
}

/** As its code, so that no character means anything to the pattern. */
function literal(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

function hexPattern(code: number): string {
  const digits = code.toString(16).padStart(2, '0')
  return Array.from(digits)
    .map((digit) => (digit >= 'a' ? `[${digit}${digit.toUpperCase()}]` : digit))
    .join('')
}

/** What base64 makes of the bytes where so many others come before them, without the characters that hold bits of their neighbours. */
function base64Pattern(codes: readonly number[], bytesBefore: number): string {
  const bits = codes.map((code) => code.toString(2).padStart(8, '0')).join('')
  const skipped = (BASE64_BITS - ((bytesBefore * 8) % BASE64_BITS)) % BASE64_BITS
  let pattern = ''
  for (let at = skipped; at + BASE64_BITS <= bits.length; at += BASE64_BITS) {
    pattern += base64CharacterPattern(BASE64.charAt(Number.parseInt(bits.slice(at, at + BASE64_BITS), 2)))
  }
  return pattern
}

function base64CharacterPattern(character: string): string {
  if (character === '+') return `(?:-|${characterPattern('+')})`
  if (character === '/') return `(?:_|${characterPattern('/')})`
  return character
}
