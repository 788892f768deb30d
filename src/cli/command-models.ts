import type { Command } from 'commander'

import type { ModelManager } from '../daemon/manage-models.ts'
import type { CommandContext } from './command-context.ts'
import { DEFAULT_CONFIG_PATH } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { VERSION } from './version.ts'

const HELP = `
The store is that of the running miner (MODEL_DIR); what a job is using is never removed. Run by root, the commands become the user that
the store belongs to, who must be able to read a file:/// address. Names stand in the bundled catalogue and in
your own (MODEL_CATALOGUE). An address is https://…, hf:owner/repo/file@revision or file:///…; docs/models.md tells the rest.

Examples:
  sudo aitbc-miner models list
  sudo aitbc-miner models pull hf:owner/repo/model-q8_0.gguf --sha256 1f2e…
  sudo aitbc-miner models pull https://example.org/sd/model_index.json --sha256 90ab… --workload sd_infer
  sudo aitbc-miner models verify
  sudo aitbc-miner models rm model-q8_0.gguf
  sudo aitbc-miner models prune --all
`

type Run = (manager: ModelManager, context: CommandContext) => Promise<number>

export function addModelsCommand(program: Command, context: CommandContext): void {
  const models = program.command('models').description('list, fetch, check and remove models').addHelpText('after', HELP)
  const add = (usage: string, description: string): Command =>
    models.command(usage).description(description).option('-c, --config <file>', 'configuration file', DEFAULT_CONFIG_PATH)

  add('list', 'list the models there are')
    .option('--json', 'print the list as JSON')
    .action(async (options: { config: string; json?: true }) =>
      withManager(options.config, context, async (manager, { terminal }) => {
        const rows = await manager.list()
        const { renderModels } = await import('./render-models.ts')
        terminal.out(options.json === true ? `${JSON.stringify(rows, null, 2)}\n` : renderModels(rows))
        return EXIT_CODES.OK.code
      }),
    )
  add('pull <name-or-address>', 'fetch a model')
    .option('--sha256 <hash>', 'what it must hash to; needed for an address')
    .option('--workload <name>', 'what an address is for: llm_gen, sd_infer or onnx_infer', 'llm_gen')
    .action(async (what: string, options: { config: string; sha256?: string; workload: string }) =>
      withManager(options.config, context, async (manager, { terminal }) => {
        const { ProgressLine } = await import('./progress-line.ts')
        const progress = new ProgressLine(terminal)
        const onProgress = (received: number, total: number | null): void => progress.show(received, total)
        const { signal } = new AbortController()
        try {
          const pulled = await manager.pull({
            what,
            sha256: options.sha256 ?? null,
            workload: options.workload,
            onProgress,
            signal,
          })
          progress.end()
          terminal.out(`${pulled.name}: ${pulled.bytes} bytes, checked, in ${pulled.path}\n`)
          return EXIT_CODES.OK.code
        } finally {
          progress.end()
        }
      }),
    )
  add('verify [names...]', 'hash the files of models again').action(async (names: string[], options: { config: string }) =>
    withManager(options.config, context, async (manager, { terminal }) => {
      const checks = await manager.verify(names)
      for (const { name, problem } of checks) terminal.out(`${name}: ${problem ?? 'good'}\n`)
      return checks.every(({ problem }) => problem === null) ? EXIT_CODES.OK.code : EXIT_CODES.UNEXPECTED.code
    }),
  )
  add('rm <names...>', 'remove fetched models, by name or sha256').action(async (names: string[], options: { config: string }) =>
    withManager(options.config, context, async (manager, { terminal }) => {
      const results = await manager.remove(names)
      for (const { name, outcome } of results) terminal.out(`${name}: ${outcome}\n`)
      // Only a job that ends makes the same command succeed later.
      if (results.some(({ outcome }) => outcome === 'in use')) return EXIT_CODES.TEMPORARY.code
      return results.every(({ outcome }) => outcome === 'removed') ? EXIT_CODES.OK.code : EXIT_CODES.UNEXPECTED.code
    }),
  )
  add('prune', 'remove unfinished downloads')
    .option('--all', 'and all fetched models that are not in use')
    .action(async (options: { config: string; all?: true }) =>
      withManager(options.config, context, async (manager, { terminal }) => {
        terminal.out(`${await manager.prune(options.all === true)} bytes freed\n`)
        return EXIT_CODES.OK.code
      }),
    )
}

async function withManager(path: string, context: CommandContext, run: Run): Promise<void> {
  const { terminal, environment } = context
  const { loadConfig } = await import('../config/load-config.ts')
  const loaded = loadConfig({ path, ...environment })
  if (!loaded.ok) {
    const { refuseConfig } = await import('./refuse-config.ts')
    return context.finish(refuseConfig(path, loaded.problems, terminal))
  }
  const { ModelManager } = await import('../daemon/manage-models.ts')
  const { becomeOwner } = await import('../daemon/become-owner.ts')
  const { JobFailureError } = await import('../domain/failure-codes.ts')
  becomeOwner([loaded.config.modelDir, loaded.config.stateDir])
  try {
    context.finish(await run(new ModelManager(loaded.config, VERSION), context))
  } catch (error) {
    if (!(error instanceof JobFailureError)) throw error
    terminal.err(`aitbc-miner: ${error.message}\n`)
    context.finish(EXIT_CODES.UNEXPECTED.code)
  }
}
