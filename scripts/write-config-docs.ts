/**
 * Writes `miner.conf.example` and `docs/config.md` from the table of keys.
 *
 *     npm run config-docs               writes both
 *     npm run config-docs -- --check    only compares, and ends with 1 when one is out of date
 */
import { GROUPS, KEYS, keyNames } from '../src/config/keys.ts'
import type { KeyName } from '../src/config/keys.ts'
import { formatValue } from '../src/config/validate-config.ts'
import { writeOrCheck } from './generated-files.ts'
import type { GeneratedFiles } from './generated-files.ts'

const COMMENT_COLUMN = 49

/** The example and the reference. */
export function renderConfigDocs(): GeneratedFiles {
  return new Map([
    ['miner.conf.example', renderExample()],
    ['docs/config.md', renderReference()],
  ])
}

function namesOf(group: string): KeyName[] {
  return keyNames().filter((name) => KEYS[name].group === group)
}

function assignment(name: KeyName): string {
  return `${name}=${formatValue(KEYS[name].default)}`
}

function renderExample(): string {
  const lines = [
    '# AITBC Miner config. Copy to /etc/aitbc/miner.conf, then: chmod 640 /etc/aitbc/miner.conf',
    '# Check it with "aitbc-miner config check"; a change takes effect with: systemctl reload aitbc-miner. All keys: docs/config.md',
    '',
    ...namesOf('main').map((name) => `${assignment(name).padEnd(COMMENT_COLUMN - 1)} # ${KEYS[name].doc}`),
  ]
  for (const [group, title] of Object.entries(GROUPS)) {
    if (group === 'main') continue
    lines.push('', `# --- ${title}`)
    for (const name of namesOf(group)) lines.push('', `# ${KEYS[name].doc}`, `#${assignment(name)}`)
  }
  return `${lines.join('\n')}\n`
}

const INTRODUCTION = `# Configuration

<!-- Written by "npm run config-docs" from src/config/keys.ts: change it there. -->

The miner reads one file, \`/etc/aitbc/miner.conf\` unless \`--config\` names another. \`miner.conf.example\` is a start: set
\`COORD_URL\`, \`WALLET_ADDR\` and \`API_KEY\`, and leave the rest. Then:

\`\`\`
aitbc-miner config check
systemctl restart aitbc-miner
\`\`\`

\`config check\` reports everything that is wrong at once, with file and line. A change takes effect on reload
(\`systemctl reload aitbc-miner\`, see [service.md](service.md)) or restart.

## How the file is read

- A line is \`KEY="value"\`, empty, or a comment. \`# …\` after a value and a space is a comment too. Quotes are \`"\` or \`'\`; a bare
  word needs none. \`export KEY="value"\` is read as well.
- Nothing is ever executed. \`$(hostname)\` and \`\${HOSTNAME}\` in \`MINER_ID\` stand for the name of this machine, \`\${STATE_DIR}\` in
  \`CONTROL_SOCKET\` and \`MODEL_DIR\` for the value of that key; any other \`$…\` or backtick is an error. \`API_KEY\` alone is taken as it
  stands, \`$\` and all.
- A value has no escapes and ends on its line. What a shell would read in another way is an error, not a guess.
- A key that does not exist is an error. A key that is set twice counts as in the last line, with a warning.
- The environment variable \`AITBC_<KEY>\`, for example \`AITBC_COORD_URL\`, overrides the file. \`AITBC_API_KEY\` works, with a
  warning: the environment that a process was started with is easier to see (\`systemctl show\`, \`/proc\`) than a file of mode 0640.
- \`true\`, \`yes\`, \`on\` and \`1\` are the same; so are \`false\`, \`no\`, \`off\` and \`0\`.
- Paths are absolute.

## What the example leaves to you

An example host in \`COORD_URL\`, or a placeholder such as \`CHANGE_ME\` in \`API_KEY\` or \`WALLET_ADDR\`, loads with a warning, and the miner
waits without calling the coordinator until it is set and the miner reloaded or restarted. With a coordinator on this machine
(\`http://127.0.0.1:8080\`, say) nothing needs replacing.

## The API key

Keep the file closed to others: \`chmod 640\`, owned by root and the miner's group. The key is never logged, printed, written to another
file or passed to another process, and a job that brings it is refused (\`E_DENY\`). Over plain \`http://\` it goes to this machine alone;
any other such \`COORD_URL\` is refused unless \`ALLOW_INSECURE_HTTP=true\`. Redirects are not followed. The variables
\`HTTP_PROXY\` and \`HTTPS_PROXY\` are not read: the miner connects to its coordinator directly.
`

function renderReference(): string {
  const sections = Object.entries(GROUPS).map(([group, title]) => {
    const rows = namesOf(group).map((name) => {
      const { type, doc } = KEYS[name]
      return `| \`${name}\` | \`${formatValue(KEYS[name].default)}\` | ${cell(doc)} | ${type.expected} |`
    })
    return ['', `## ${title}`, '', '| key | default | meaning | expected |', '| --- | --- | --- | --- |', ...rows, ''].join('\n')
  })
  return INTRODUCTION + sections.join('')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

if (import.meta.main) writeOrCheck(renderConfigDocs(), 'src/config/keys.ts', 'npm run config-docs')
