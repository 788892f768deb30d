import type { Command } from 'commander'

import type { CommandContext } from './command-context.ts'
import { DEFAULT_CONFIG_PATH } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'

const TIMEOUT_MS = 5000

const HELP = `
Asks the running miner through its control socket (CONTROL_SOCKET of the configuration). The socket belongs to the
user that the miner runs as, so another user needs sudo. Ends with 69 when the miner is not running.

With --json, the status as one JSON object; fields are added in later versions, never renamed or removed.

Examples:
  sudo aitbc-miner status
  sudo aitbc-miner status --json | jq .outbox.waiting
  aitbc-miner status --socket ./state/control.sock
`

interface StatusOptions {
  readonly config: string
  readonly socket?: string
  readonly json?: true
}

export function addStatusCommand(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('show what the running miner does, and why')
    .option('-c, --config <file>', 'configuration file that names the socket', DEFAULT_CONFIG_PATH)
    .option('-s, --socket <path>', 'control socket; the configuration is then not read')
    .option('--json', 'print the status as JSON')
    .addHelpText('after', HELP)
    .action(async (options: StatusOptions) => context.finish(await status(options, context)))
}

async function status(options: StatusOptions, { terminal, environment, nowMs }: CommandContext): Promise<number> {
  let socketPath = options.socket
  if (socketPath === undefined) {
    const { findControlSocket } = await import('../config/load-config.ts')
    const found = findControlSocket({ path: options.config, ...environment })
    if (!found.ok) {
      const { refuseConfig } = await import('./refuse-config.ts')
      return refuseConfig(options.config, found.problems, terminal)
    }
    socketPath = found.path
  }
  const { fetchStatus } = await import('../control/fetch-status.ts')
  const minerStatus = await fetchStatus(socketPath, TIMEOUT_MS)
  if (options.json === true) {
    terminal.out(`${JSON.stringify(minerStatus, null, 2)}\n`)
  } else {
    const { renderStatus } = await import('./render-status.ts')
    terminal.out(renderStatus(minerStatus, { nowMs: nowMs(), hasColors: terminal.hasColors }))
  }
  return EXIT_CODES.OK.code
}
