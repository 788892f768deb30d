import { GROUPS, KEYS, keyNames } from '../../src/config/keys.ts'
import { formatValue } from '../../src/config/validate-config.ts'
import { bold, example, italic, item, page, roffText, section, titleLine } from './roff.ts'

const SYNTAX: readonly string[] = [
  'A line is KEY="value", empty, or a comment that begins with #. A comment may follow a value and a space. Quotes are " or \'; a bare word needs none. export KEY="value" is read as well.',
  'Nothing is ever executed. $(hostname) and ${HOSTNAME} in MINER_ID stand for the name of this machine, ${STATE_DIR} for the value of that key where its default has it; any other $ or backtick is an error. API_KEY alone is taken as it stands.',
  'A value has no escapes and ends on its line. A key that does not exist is an error; of a key that is set twice the last line counts, with a warning. Paths are absolute. true, yes, on and 1 are the same, as are false, no, off and 0.',
  'The environment variable AITBC_KEY overrides KEY of the file.',
]

/** miner.conf(5). */
export function confPage(version: string, date: string): string {
  const lines = [
    titleLine('miner.conf', 5, date, version),
    ...section('NAME', roffText('miner.conf - configuration of aitbc-miner')),
    ...section('SYNOPSIS', italic('/etc/aitbc/miner.conf')),
    ...section(
      'DESCRIPTION',
      roffText(
        'The one file that aitbc-miner(1) reads. COORD_URL, WALLET_ADDR and API_KEY must be set; all else has a default. While one of',
      ),
      roffText('them still holds what the package brought, the miner waits, and says so in its status and in the journal.'),
      '.PP',
      roffText('To see everything that is wrong at once, with its line: aitbc-miner config check.'),
      roffText(
        'To have a change take effect: systemctl reload aitbc-miner. Running jobs are let end first where the change needs it; a file with errors leaves the old settings in force, and the journal says so.',
      ),
      '.PP',
      roffText('The file holds the API key: keep it readable by root and the group aitbc-miner alone (mode 0640).'),
    ),
    ...section('SYNTAX', ...SYNTAX.flatMap((text, at) => [...(at === 0 ? [] : ['.PP']), roffText(text)])),
    ...section('KEYS'),
    ...Object.entries(GROUPS).flatMap(([group, title]) => [
      `.SS ${roffText(title)}`,
      ...keyNames()
        .filter((name) => KEYS[name].group === group)
        .flatMap((name) => {
          const { doc, type } = KEYS[name]
          return [
            ...item(`${bold(name)}=${italic(formatValue(KEYS[name].default))}`, `${doc}.`),
            roffText(`Expected: ${type.expected}.`),
          ]
        }),
    ]),
    ...section('FILES', ...item(italic('/etc/aitbc/miner.conf'), 'the configuration of the service')),
    ...item(italic('/usr/share/doc/aitbc-miner/examples/miner.conf'), 'every key with its default, as a comment'),
    ...section('EXAMPLES'),
    ...example([
      'COORD_URL="https://coordinator.example.net"',
      'WALLET_ADDR="wallet1abc"',
      "API_KEY='the key that you were given'",
    ]),
    ...section('SEE ALSO', '.BR aitbc\\-miner (1)'),
  ]
  return page(lines)
}
