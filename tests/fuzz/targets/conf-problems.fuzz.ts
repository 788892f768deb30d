import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { KEYS, keyNames } from '../../../src/config/keys.ts'
import type { KeyName } from '../../../src/config/keys.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { fuzzFolder } from '../fuzz-folder.ts'
import { fuzzTarget } from '../fuzz-target.ts'

/** Right or wrong by what another key says: alone they cannot be judged. */
const DEPENDENT: ReadonlySet<KeyName> = new Set([
  'COORD_URL',
  'ALLOW_INSECURE_HTTP',
  'LLM_BACKEND',
  'LLM_URL',
  'WORK_DIR',
  'STATE_DIR',
])

const ODD_VALUES = [
  '""',
  '"x y"',
  '-1',
  '1e3',
  '99999999999',
  'no',
  '"$(id)"',
  '`id`',
  '"open',
  "'a'b",
  '"/"',
  '"a/../b"',
  '"ü"',
  'a#b',
  '"\u0007"',
  '"x;y"',
]

const lines = fc.uniqueArray(
  fc
    .tuple(
      fc.constantFrom(...keyNames().filter((name) => !DEPENDENT.has(name))),
      fc.oneof(
        fc.constantFrom(...ODD_VALUES),
        fc.string({ maxLength: 10 }).map((text) => text.replaceAll(/[\r\n]/g, ' ')),
      ),
      fc.boolean(),
    )
    .map(([key, value, isDefault]) => ({ key, text: `${key}=${isDefault ? `"${KEYS[key].default}"` : value}` })),
  { selector: ({ key }) => key, minLength: 2, maxLength: 12 },
)

/** Each line that is an error by itself is one among others too: an operator mends a file once. */
export const confProblems = fuzzTarget({
  name: 'conf-problems',
  runsInTests: 150,
  input: () => lines.map((entries) => entries.map(({ text }) => text)),
  open: () => {
    const folder = fuzzFolder()
    const path = join(folder.path, 'miner.conf')
    const wrongLines = (lines: readonly string[]): ReadonlySet<number | null> => {
      writeFileSync(path, lines.join('\n'), { mode: 0o600 })
      const loaded = loadConfig({ path, env: {}, hostname: 'rig1' })
      const errors = loaded.ok ? [] : loaded.problems.filter(({ severity }) => severity === 'error')
      return new Set(errors.map(({ line }) => line))
    }
    return {
      holds: (lines) => {
        const together = wrongLines(lines)
        for (const [at, line] of lines.entries()) {
          const isWrong = wrongLines([line]).has(1)
          if (isWrong !== together.has(at + 1))
            throw new Error(`line ${at + 1} alone is ${isWrong ? 'wrong' : 'right'}, and not among the others`)
        }
      },
      close: folder.remove,
    }
  },
})
