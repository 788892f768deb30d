import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import { isPublicAddress } from '../../../src/models/public-address.ts'
import { SourcePolicy } from '../../../src/models/source-policy.ts'
import { parseSource, siblingUri, withoutQuery } from '../../../src/models/source-uri.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { damagedText } from '../mutations/text-edits.ts'

const HUB = 'https://hub.test'
const MAX_MESSAGE = 2_000

const URIS = [
  'hf:owner/repo/folder/model.gguf@main',
  'hf:owner/repo/model.gguf',
  'https://example.org/models/a.gguf?sig=x#y',
  'https://user:pw@example.org/a',
  'http://127.0.0.1:8080/a',
  'file:///srv/models/a.gguf',
  'file://localhost/srv/a%20b',
  'data:text/plain,a',
]
const URI_WORDS = [
  'hf:',
  'file://',
  'https://',
  '..',
  '/../',
  '%2e%2e',
  '%2F',
  '%00',
  '\\',
  '@',
  '?',
  '#',
  ':',
  '//',
  '[::1]',
  '0x7f.1',
  '/',
  ' ',
  'a/b',
]

/** An address is a file, a URL, or refused with `E_INPUT`; one of the hub stays within its repository. */
export const sourceUri = fuzzTarget<string>({
  name: 'source-uri',
  runsInTests: 500,
  input: () => damagedText(fc.constantFrom(...URIS), { words: URI_WORDS }),
  open: () => ({
    holds: (uri) => {
      withoutQuery(uri)
      const source = sourceOf(uri)
      if (source === null) return
      if (source.kind === 'file') {
        if (!source.path.startsWith('/') || source.path.includes('\0')) throw new Error(`no path: ${JSON.stringify(source.path)}`)
        return
      }
      if (source.url.protocol !== 'https:' && source.url.protocol !== 'http:')
        throw new Error(`fetched by ${source.url.protocol}`)
      if (uri.startsWith('hf:')) {
        const [, owner = '', repository = ''] = /^hf:([^/]*)\/([^/]*)\//.exec(uri) ?? []
        if (!source.url.href.startsWith(`${HUB}/${owner}/${repository}/resolve/`))
          throw new Error(`leaves its repository: ${source.url.href}`)
      }
      const beside = sourceOf(siblingUri(uri, 'weights/a b.bin'))
      if (beside?.kind === 'http' && beside.url.origin !== source.url.origin)
        throw new Error(`its neighbour is at ${beside.url.origin}`)
    },
  }),
})

function sourceOf(uri: string): ReturnType<typeof parseSource> | null {
  try {
    return parseSource(uri, HUB)
  } catch (error) {
    if (!(error instanceof JobFailureError) || error.failure.code !== 'E_INPUT') throw error
    if (error.message.length > MAX_MESSAGE) throw new Error(`a message of ${error.message.length} characters`, { cause: error })
    return null
  }
}

const edge = fc.constantFrom(
  0,
  1,
  9,
  10,
  11,
  63,
  64,
  100,
  127,
  128,
  169,
  172,
  16,
  31,
  32,
  192,
  168,
  198,
  18,
  19,
  51,
  203,
  113,
  223,
  224,
  239,
  240,
  254,
  255,
)
const ipv4 = fc.array(fc.oneof(edge, fc.nat(255)), { minLength: 4, maxLength: 4 })
const group = fc.oneof(
  fc.constantFrom(
    0,
    1,
    0x64,
    0xff9b,
    0x2001,
    0x0db8,
    0x2002,
    0x3fff,
    0xfc00,
    0xfd00,
    0xfe80,
    0xfec0,
    0xff02,
    0xffff,
    0x7f00,
    0x0a00,
  ),
  fc.nat(0xffff),
)
const ipv6 = fc.oneof(
  fc.array(group, { minLength: 8, maxLength: 8 }),
  // IPv4 in all the ways that IPv6 can carry it.
  fc
    .tuple(
      fc.constantFrom([0, 0, 0, 0, 0, 0xffff], [0, 0, 0, 0, 0, 0], [0x64, 0xff9b, 0, 0, 0, 0], [0, 0, 0, 0, 0xffff, 0]),
      group,
      group,
    )
    .map(([lead, a, b]) => [...lead, a, b]),
)

interface Host {
  /** As it may stand in a URL. */
  readonly text: string
  readonly isPublic: boolean
}

const ipv4Hosts = fc
  .tuple(ipv4, fc.constantFrom('dotted', 'hex', 'octal', 'number', 'short', 'dot'))
  .map(([parts, form]): Host => ({ text: ipv4Text(parts, form), isPublic: isPublicIpv4(parts) }))
const ipv6Hosts = fc
  .tuple(ipv6, fc.constantFrom('full', 'padded', 'mixed', 'upper', 'short'))
  .map(([groups, form]): Host => ({ text: `[${ipv6Text(groups, form)}]`, isPublic: isPublicIpv6(groups) }))

/** No way to write a private or special address makes it one that is fetched from, and none that is public is refused. */
export const publicAddress = fuzzTarget<Host>({
  name: 'public-address',
  runsInTests: 800,
  input: () => fc.oneof(ipv4Hosts, ipv6Hosts),
  open: () => {
    const policy = new SourcePolicy({ hosts: ['*'], allowsPrivate: false })
    return {
      holds: ({ text, isPublic }) => {
        const url = URL.parse(`https://${text}/a`)
        if (url === null) throw new Error('no URL')
        const bare = text.replace(/^\[|\]$/g, '')
        if ((isIPv4(bare) || isIPv6(bare)) && isPublicAddress(bare) !== isPublic)
          throw new Error(`taken for ${isPublic ? 'private' : 'public'}`)
        if (isAllowed(policy, url) !== isPublic) throw new Error(`as ${url.host}, ${isPublic ? 'refused' : 'fetched from'}`)
      },
    }
  },
})

function isAllowed(policy: SourcePolicy, url: URL): boolean {
  try {
    policy.checkUrl(url)
    return true
  } catch (error) {
    if (error instanceof JobFailureError && error.failure.code === 'E_DENY') return false
    throw error
  }
}

function ipv4Text([a = 0, b = 0, c = 0, d = 0]: readonly number[], form: string): string {
  if (form === 'hex') return `0x${a.toString(16)}.0x${b.toString(16)}.${c}.${d}`
  if (form === 'octal') return `0${a.toString(8)}.${b}.0${c.toString(8)}.${d}`
  if (form === 'number') return String(((a * 256 + b) * 256 + c) * 256 + d)
  if (form === 'short') return `${a}.${(b * 256 + c) * 256 + d}`
  return `${a}.${b}.${c}.${d}${form === 'dot' ? '.' : ''}`
}

function ipv6Text(groups: readonly number[], form: string): string {
  const hex = groups.map((each) => each.toString(16))
  if (form === 'padded') return hex.map((each) => each.padStart(4, '0')).join(':')
  if (form === 'upper') return hex.join(':').toUpperCase()
  if (form === 'mixed') {
    const [high = 0, low = 0] = groups.slice(6)
    return `${hex.slice(0, 6).join(':')}:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
  }
  return form === 'short' ? hex.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::') : hex.join(':')
}

/** The IANA registry of special-purpose addresses by arithmetic, apart from the list under test. */
function isPublicIpv4([a = 0, b = 0, c = 0]: readonly number[]): boolean {
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false
  if (a === 100 && b >= 64 && b <= 127) return false
  if (a === 169 && b === 254) return false
  if (a === 172 && b >= 16 && b <= 31) return false
  if (a === 192 && ((b === 0 && (c === 0 || c === 2)) || b === 168 || (b === 88 && c === 99))) return false
  if (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) return false
  return !(a === 203 && b === 0 && c === 113)
}

function isPublicIpv6([first = 0, second = 0]: readonly number[]): boolean {
  if (first >> 13 !== 1) return false
  if (first === 0x2001 && (second < 0x0200 || second === 0x0db8)) return false
  return first !== 0x2002 && !(first === 0x3fff && second < 0x1000)
}
