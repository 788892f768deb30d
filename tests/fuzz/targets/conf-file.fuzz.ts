import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { parseConfFile } from '../../../src/config/conf-file.ts'
import { expandValue } from '../../../src/config/expand-value.ts'
import { isKeyName, KEYS, keyNames } from '../../../src/config/keys.ts'
import type { Expansion } from '../../../src/config/keys.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { GoodConfig, LoadedConfig } from '../../../src/config/load-config.ts'
import { fuzzFolder } from '../fuzz-folder.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { damagedText } from '../mutations/text-edits.ts'

const HOSTNAME = 'rig1'
const EXAMPLE = readFileSync(join(import.meta.dirname, '../../../miner.conf.example'), 'utf8')

/** Values that some key takes, some in a form that another does not. */
const VALUES = [
  ...keyNames().map((name) => KEYS[name].default),
  'http://127.0.0.1:8080',
  'https://coordinator.test/base/',
  '/srv/a b',
  "/srv/it's",
  '/srv/"quoted"',
  'true',
  'OFF',
  '0.5',
  '007',
  'a,b , c,',
  '$(hostname)',
  '${HOSTNAME}',
  '${STATE_DIR}/x',
  '$(id)',
  'pa$$w0rd',
]

const word = fc.oneof(fc.constantFrom(...VALUES), fc.string({ maxLength: 12 }))
const line = fc
  .tuple(
    fc.constantFrom('', 'export ', ' '),
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom<string>(...keyNames()) },
      { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
    ),
    fc.constantFrom('"', "'", ''),
    word,
    fc.constantFrom('', ' # note', '#note', ' '),
  )
  .map(([lead, key, quote, value, tail]) => `${lead}${key}=${quote}${value}${quote}${tail}`)
const seeds = fc.oneof(
  fc.constant(EXAMPLE),
  fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n')),
)

/**
 * No text makes loading throw. A file that loads means the same when each of its values is written anew as docs/config.md
 * says: in quotes that the value does not hold.
 */
export const confFile = fuzzTarget({
  name: 'conf-file',
  runsInTests: 400,
  input: () =>
    damagedText(seeds, {
      words: [
        '=',
        '"',
        "'",
        '`',
        '#',
        ' ',
        '\n',
        '\r\n',
        '\\',
        '$',
        '${',
        '$(',
        'export ',
        'API_KEY',
        'STATE_DIR="/x"\n',
        ...keyNames().slice(0, 6),
      ],
    }),
  open: () => {
    const folder = fuzzFolder()
    const load = (name: string, text: string): LoadedConfig => {
      const path = join(folder.path, name)
      writeFileSync(path, text, { mode: 0o600 })
      return loadConfig({ path, env: {}, hostname: HOSTNAME })
    }
    return {
      holds: (text) => {
        checkAsShell(text)
        const first = load('given.conf', text)
        if (!first.ok) {
          if (!first.problems.some(({ severity }) => severity === 'error')) throw new Error('refused without an error')
          return
        }
        const anew = rendered(text, first)
        const second = load('anew.conf', anew)
        if (!second.ok) throw new Error(`written anew it is refused:\n${anew}\n${JSON.stringify(second.problems)}`)
        if (!isDeepStrictEqual(plain(second), plain(first))) throw new Error(`written anew it means something else:\n${anew}`)
      },
      close: folder.remove,
    }
  },
})

/** No value is cut or joined: between the quotes, or one word, as a shell takes it. */
function checkAsShell(text: string): void {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  for (const { value, line } of parseConfFile(text).assignments) {
    const rest = (lines[line - 1] ?? '').replace(/^[^=]*=\s*/, '')
    const quote = /^["']/.exec(rest)?.[0]
    const word = quote === undefined ? (/^[^\s#]\S*/.exec(rest)?.[0] ?? '') : rest.slice(1, rest.indexOf(quote, 1))
    if (value !== word) throw new Error(`line ${line} is read as ${JSON.stringify(value)}, and says ${JSON.stringify(word)}`)
  }
}

/** The file again, each key once, with what is replaced replaced. */
function rendered(text: string, { values }: GoodConfig): string {
  const expansions = new Map<Expansion, string>([
    ['$(hostname)', HOSTNAME],
    ['${HOSTNAME}', HOSTNAME],
    ['${STATE_DIR}', values.STATE_DIR],
  ])
  const last = new Map(parseConfFile(text).assignments.map(({ key, value }) => [key, value]))
  return [...last]
    .map(([key, value]) => {
      if (!isKeyName(key)) throw new Error(`${key} is no key, and the file was taken`)
      const expanded = KEYS[key].type.isSecret ? value : textOf(expandValue(value, expansions))
      return `${key}=${quoted(expanded)}\n`
    })
    .join('')
}

function textOf(expanded: ReturnType<typeof expandValue>): string {
  if (!expanded.ok) throw new Error(`${expanded.found} is not replaced, and the file was taken`)
  return expanded.text
}

function quoted(text: string): string {
  return /["\\]/.test(text) ? `'${text}'` : `"${text}"`
}

/** What the miner goes by, with secrets and URLs as texts. */
function plain({ config }: GoodConfig): object {
  const { apiKey, hfToken, llmApiKey, coordUrl, llmUrl, ...rest } = config
  return {
    ...rest,
    configFile: '',
    apiKey: apiKey.reveal(),
    hfToken: hfToken?.reveal(),
    llmApiKey: llmApiKey?.reveal(),
    coordUrl: coordUrl.href,
    llmUrl: llmUrl?.href,
  }
}
