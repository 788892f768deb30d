import { BoundedCommand } from '../../hardware/bounded-command.ts'

/** What systemd says of the service. */
export interface ServiceUnit {
  /** Whether there is such a unit. */
  readonly isLoaded: boolean
  /** Whether somebody forbade every start of it. */
  readonly isMasked: boolean
  /** E.g. `inactive (dead)`. */
  readonly state: string
  /** E.g. `exit-code`, `watchdog`. */
  readonly result: string
  /** It failed, or fails over and over. */
  readonly isFailing: boolean
  /** Whether it has a /tmp and a /var/tmp of its own. */
  readonly hasPrivateTmp: boolean
  /** Variables of its environment that its files set. */
  readonly environment: ReadonlyMap<string, string>
}

const PROPERTIES = ['LoadState', 'ActiveState', 'SubState', 'Result', 'Environment', 'PrivateTmp']

/** Asks systemd about `aitbc-miner.service`; null where there is no systemd to ask. */
export async function askUnit(
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<ServiceUnit | null> {
  const systemctl = new BoundedCommand({
    program: 'systemctl',
    environment: { PATH: environment['PATH'] },
    timeoutMs: 4_000,
    maxBytes: 65_536,
  })
  const answer = await systemctl.run(['show', `--property=${PROPERTIES.join(',')}`, 'aitbc-miner.service'], signal)
  return answer.kind === 'ended' && answer.exitCode === 0 ? parseUnit(answer.stdout) : null
}

/** Reads the lines `Property=value` of `systemctl show`. */
export function parseUnit(text: string): ServiceUnit {
  const values = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
  const active = values.get('ActiveState') ?? 'unknown'
  const sub = values.get('SubState') ?? 'unknown'
  const variables = (values.get('Environment') ?? '').split(' ').filter((word) => word.includes('='))
  return {
    isLoaded: values.get('LoadState') === 'loaded',
    isMasked: values.get('LoadState') === 'masked',
    state: `${active} (${sub})`,
    result: values.get('Result') ?? 'unknown',
    isFailing: active === 'failed' || sub === 'auto-restart',
    hasPrivateTmp: values.get('LoadState') === 'loaded' && (values.get('PrivateTmp') ?? 'no') !== 'no',
    environment: new Map(variables.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)])),
  }
}
