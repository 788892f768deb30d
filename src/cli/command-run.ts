import type { Command } from 'commander'

import type { LoadedConfig } from '../config/load-config.ts'
import type { CommandContext } from './command-context.ts'
import { DEFAULT_CONFIG_PATH } from './command-context.ts'
import { EXIT_CODES, exitCodeOf } from './exit-codes.ts'
import { renderError } from './render-error.ts'
import { VERSION } from './version.ts'

const HELP = `
Runs in the foreground until it is told to stop; as a service, systemd starts it: systemctl start aitbc-miner
The first SIGTERM or Ctrl-C takes no new jobs and lets running ones end (DRAIN_SECS); the second cancels them.
Results that are not delivered by then are kept, and sent after the next start.
As a service it reads its configuration again on SIGHUP: systemctl reload aitbc-miner

Example:
  aitbc-miner run --config ./miner.conf
`

export function addRunCommand(program: Command, context: CommandContext): void {
  program
    .command('run')
    .description('run the miner in the foreground')
    .option('-c, --config <file>', 'configuration file', DEFAULT_CONFIG_PATH)
    .addHelpText('after', HELP)
    .action(async (options: { config: string }) => context.finish(await run(options.config, context)))
}

async function run(path: string, { terminal, environment }: CommandContext): Promise<number> {
  const { loadConfig } = await import('../config/load-config.ts')
  const load = (): LoadedConfig => loadConfig({ path, ...environment })
  const loaded = load()
  if (!loaded.ok) {
    const { renderConfigFailure } = await import('./render-config-report.ts')
    terminal.err(renderConfigFailure(loaded.problems))
    return EXIT_CODES.CONFIG.code
  }
  const { runMiner } = await import('../daemon/run-miner.ts')
  const { restBeforeEnd } = await import('../daemon/rest-before-end.ts')
  try {
    return await runMiner({ settings: loaded, load, version: VERSION })
  } catch (error) {
    const exitCode = exitCodeOf(error)
    terminal.err(renderError(error))
    if (exitCode === EXIT_CODES.TEMPORARY.code) await restBeforeEnd(environment.env['NOTIFY_SOCKET'], performance.now())
    return exitCode
  }
}
