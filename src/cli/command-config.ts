import type { Command } from 'commander'

import type { CommandContext } from './command-context.ts'
import { DEFAULT_CONFIG_PATH } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'

const CHECK_HELP = `
Reports all errors and warnings at once, with file and line, and changes nothing. Ends with 0 when the miner would
start with this file, else with 78. The keys are explained in docs/config.md and in miner.conf.example.

With --json: {"ok": bool, "file": string, "notConfigured": [key],
  "problems": [{"severity": "error"|"warning", "key": string|null, "file": string|null, "line": number|null, "message": string}]}
  "notConfigured" names the keys to set before the miner calls its coordinator; "file" of a problem is null for an environment variable.

Examples:
  aitbc-miner config check
  aitbc-miner config check --config ./miner.conf --json
`

export function addConfigCommand(program: Command, context: CommandContext): void {
  const config = program.command('config').description('work with the configuration file')
  config
    .command('check')
    .description('report everything that is wrong in the configuration')
    .option('-c, --config <file>', 'configuration file', DEFAULT_CONFIG_PATH)
    .option('--json', 'print the report as JSON')
    .addHelpText('after', CHECK_HELP)
    .action(async (options: { config: string; json?: true }) => {
      context.finish(await check(options.config, options.json === true, context))
    })
}

async function check(path: string, isJson: boolean, { terminal, environment }: CommandContext): Promise<number> {
  const { loadConfig } = await import('../config/load-config.ts')
  const { renderConfigFailure, renderConfigSuccess } = await import('./render-config-report.ts')
  const loaded = loadConfig({ path, ...environment })
  const problems = loaded.ok ? loaded.warnings : loaded.problems
  if (isJson) {
    const notConfigured = loaded.ok ? loaded.config.notConfigured : []
    terminal.out(`${JSON.stringify({ ok: loaded.ok, file: path, notConfigured, problems }, null, 2)}\n`)
  } else if (loaded.ok) {
    terminal.out(renderConfigSuccess(path, problems))
  } else {
    terminal.err(renderConfigFailure(problems))
  }
  return loaded.ok ? EXIT_CODES.OK.code : EXIT_CODES.CONFIG.code
}
