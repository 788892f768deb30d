import { resolve } from 'node:path'
import type { Command } from 'commander'

import type { CommandContext } from './command-context.ts'
import { DEFAULT_CONFIG_PATH } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { VERSION } from './version.ts'

const HELP = `
Looks at everything that the miner needs: configuration, permissions, service, name and certificate of the coordinator, clock, API key,
disk, memory, GPUs and their drivers, and each engine by a small job. Takes a few seconds, more with GPUs. It takes no job
from the coordinator, and leaves a running miner alone.

Run by root, it looks as the user of the service (aitbc-miner), so that it sees what the service sees.

A line for each thing, with what to do about it after an arrow:

  ✓ good   ! works, but not as well as it could   ✗ does not work   – not looked at

Ends with 0 when nothing failed (there may be warnings), with 1 when something did, with 78 when the configuration cannot be used.

With --json one object; fields are added in later versions, never renamed or removed:

  {"ok": bool, "version": string, "checkedAt": string, "file": string, "user": string, "rows": [{"check": string, "name": string,
   "verdict": "good"|"warning"|"failed"|"skipped", "found": string, "remedy": string|null, "tookMs": number}]}

Examples:
  sudo aitbc-miner doctor
  sudo aitbc-miner doctor --json | jq '.rows[] | select(.verdict == "failed")'
`

interface DoctorOptions {
  readonly config: string
  readonly user?: string
  readonly json?: true
}

export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('find out what is wrong, and what to do about it')
    .option('-c, --config <file>', 'configuration file', DEFAULT_CONFIG_PATH)
    .option('-u, --user <name>', 'look as this user (for root only; default: aitbc-miner)')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', HELP)
    .action(async (options: DoctorOptions) => context.finish(await doctor(options, context)))
}

async function doctor(options: DoctorOptions, { terminal, environment }: CommandContext): Promise<number> {
  const { loadConfig } = await import('../config/load-config.ts')
  const { examine } = await import('../daemon/doctor/examine.ts')
  const { renderDoctorRow, renderDoctorSummary } = await import('./render-doctor.ts')
  const file = resolve(options.config)
  const loaded = loadConfig({ path: file, ...environment })
  const isJson = options.json === true
  const report = await examine({
    file,
    loaded,
    version: VERSION,
    environment: environment.env,
    user: options.user ?? null,
    onRow: (row) => {
      if (!isJson) terminal.out(renderDoctorRow(row, terminal.hasColors))
    },
  })
  terminal.out(isJson ? `${JSON.stringify(report, null, 2)}\n` : renderDoctorSummary(report, terminal.hasColors))
  if (!loaded.ok) return EXIT_CODES.CONFIG.code
  return report.ok ? EXIT_CODES.OK.code : EXIT_CODES.UNEXPECTED.code
}
