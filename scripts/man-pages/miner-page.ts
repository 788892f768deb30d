import { EXIT_CODES } from '../../src/cli/exit-codes.ts'
import type { CommandFact, CommandTree, OptionFact } from './command-tree.ts'
import { bold, example, italic, item, page, prose, roffText, section, titleLine } from './roff.ts'

const FILES: readonly (readonly [path: string, meaning: string])[] = [
  ['/etc/aitbc/miner.conf', 'configuration; see miner.conf(5)'],
  ['/etc/aitbc/models.json', 'models of your own by name (MODEL_CATALOGUE); need not be there'],
  ['/var/lib/aitbc-miner/', 'journal of jobs, key of this node, fetched models, control socket (STATE_DIR)'],
  ['/var/log/aitbc-miner.log', 'log, one JSON object a line (LOG_FILE), rotated by /etc/logrotate.d/aitbc-miner'],
  ['/tmp/aitbc-work', 'scratch space of jobs (WORK_DIR); the service has a /tmp of its own'],
  ['/usr/share/doc/aitbc-miner/docs/', 'the pages that messages name, such as docs/service.md'],
]

const SIGNALS: readonly (readonly [name: string, meaning: string])[] = [
  [
    'SIGTERM, SIGINT',
    'Take no new jobs and let running ones end, for DRAIN_SECS. A second one hands the jobs back to the coordinator at once (E_SHUTDOWN).',
  ],
  ['SIGHUP', 'Read the configuration again. A file with errors leaves the old settings in force, and the log says so.'],
]

const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  ['AITBC_KEY', 'overrides KEY of the configuration, for every key of miner.conf(5): AITBC_LOG_LEVEL=debug'],
  [
    'NODE_EXTRA_CA_CERTS',
    'file with further certificates (PEM) to trust, for an LLM server or a host of models with a CA of its own; for the coordinator set COORD_CA_FILE',
  ],
  ['NO_COLOR', 'no colours on a terminal'],
]

/** aitbc-miner(1). */
export function minerPage({ commands, groups }: CommandTree, version: string, date: string): string {
  const lines = [
    titleLine('aitbc-miner', 1, date, version),
    ...section('NAME', roffText('aitbc-miner - take AI jobs from a coordinator, run them on this machine, get paid')),
    ...section('SYNOPSIS', ...commands.flatMap((command, at) => [...(at === 0 ? [] : ['.br']), synopsis(command)])),
    ...section(
      'DESCRIPTION',
      bold('aitbc-miner'),
      roffText(
        'asks an AITBC coordinator for jobs, runs them on the GPUs or the processor of this machine in processes of their own,',
      ),
      roffText('posts proofs of the results, and has the wallet credited. All its traffic is outbound.'),
      '.PP',
      roffText('As a service it is run by systemd: systemctl start aitbc-miner. The commands below are for the operator.'),
    ),
    ...section('COMMANDS'),
    ...commands.flatMap(describe),
    ...groups
      .filter(({ helpText }) => helpText !== '')
      .flatMap(({ path, helpText }) => [`.SS ${roffText(path.join(' '))} (all)`, ...prose(helpText)]),
    ...section('EXIT STATUS'),
    ...Object.values(EXIT_CODES).flatMap(({ code, meaning }) => item(bold(String(code)), meaning)),
    ...section('SIGNALS', roffText('The daemon (aitbc-miner run) obeys')),
    ...SIGNALS.flatMap(([name, meaning]) => item(bold(name), meaning)),
    ...section('ENVIRONMENT'),
    ...ENVIRONMENT.flatMap(([name, meaning]) => item(bold(name), meaning)),
    ...section('FILES'),
    ...FILES.flatMap(([path, meaning]) => item(italic(path), meaning)),
    ...section('EXAMPLES', roffText('Set the coordinator, the wallet and the key, then start to mine:')),
    '.PP',
    ...example([
      'sudoedit /etc/aitbc/miner.conf',
      'sudo systemctl restart aitbc-miner',
      'sudo aitbc-miner doctor',
      'sudo aitbc-miner status',
    ]),
    '.PP',
    roffText('Follow what the service does:'),
    '.PP',
    ...example(['journalctl -u aitbc-miner -f']),
    ...section('SEE ALSO', '.BR miner.conf (5),', '.BR systemctl (1),', '.BR journalctl (1),', '.BR logrotate (8)'),
  ]
  return page(lines)
}

function synopsis({ path, args, options }: CommandFact): string {
  const words = path.map((word) => roffText(word)).join(' ')
  const rest = [...(options.length === 0 ? [] : ['[options]']), ...args].map((word) => italic(word))
  return [`\\fBaitbc\\-miner ${words}\\fP`, ...rest].join(' ')
}

function describe(command: CommandFact): string[] {
  const { description, helpText, options, path } = command
  const sentence = `${description.charAt(0).toUpperCase()}${description.slice(1)}.`
  return [
    `.SS ${roffText(path.join(' '))}`,
    roffText(sentence),
    ...options.flatMap(describeOption),
    ...(helpText === '' ? [] : prose(helpText)),
  ]
}

function describeOption({ short, long, value, description, defaultValue }: OptionFact): string[] {
  const flags = [short, long].filter((flag) => flag !== null).map((flag) => bold(flag))
  const term = `${flags.join(', ')}${value === null ? '' : ` ${italic(value)}`}`
  return item(term, defaultValue === null ? description : `${description} (default: ${defaultValue})`)
}
