import type { Command } from 'commander'

import type { CommandContext } from './command-context.ts'
import { DEFAULT_CONFIG_PATH } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { VERSION } from './version.ts'

const HELP = `
Runs each workload with the models that come with the miner, on the CPU and on each GPU that the configuration lets it use,
and prints the median of three rounds. Takes a minute or two; stop the miner first, or its jobs take a part of the speed.

The figures are kept in STATE_DIR/bench.json: the miner reports them to its coordinator from its next start on, and tells the
tokens_per_tflop_s of its jobs by them.

Examples:
  sudo aitbc-miner bench
  aitbc-miner bench --config ./miner.conf --json
`

export function addBenchCommand(program: Command, context: CommandContext): void {
  program
    .command('bench')
    .description('measure this machine on each workload')
    .option('-c, --config <file>', 'configuration file', DEFAULT_CONFIG_PATH)
    .option('--json', 'print the figures as JSON')
    .addHelpText('after', HELP)
    .action(async (options: { config: string; json?: true }) => {
      context.finish(await bench(options.config, options.json === true, context))
    })
}

async function bench(path: string, isJson: boolean, { terminal, environment }: CommandContext): Promise<number> {
  const { loadConfig } = await import('../config/load-config.ts')
  const loaded = loadConfig({ path, ...environment })
  if (!loaded.ok) {
    const { refuseConfig } = await import('./refuse-config.ts')
    return refuseConfig(path, loaded.problems, terminal)
  }
  const { runBenchmarks } = await import('../daemon/run-benchmarks.ts')
  const { renderBench } = await import('./render-bench.ts')
  const report = await runBenchmarks({
    config: loaded.config,
    version: VERSION,
    environment: environment.env,
    onStep: (text) => terminal.err(`${text}\n`),
  })
  terminal.out(isJson ? `${JSON.stringify(report, null, 2)}\n` : renderBench(report))
  return report.rows.some(({ failure }) => failure !== null) ? EXIT_CODES.TEMPORARY.code : EXIT_CODES.OK.code
}
