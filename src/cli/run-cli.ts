import { Command, CommanderError } from 'commander'

import { addBenchCommand } from './command-bench.ts'
import { addConfigCommand } from './command-config.ts'
import type { CommandContext, Terminal } from './command-context.ts'
import { addDoctorCommand } from './command-doctor.ts'
import { addModelsCommand } from './command-models.ts'
import { addRunCommand } from './command-run.ts'
import { addStatusCommand } from './command-status.ts'
import { addVersionCommand } from './command-version.ts'
import { EXIT_CODES, exitCodeOf } from './exit-codes.ts'
import { indent, renderError } from './render-error.ts'
import { VERSION } from './version.ts'

const HELP = `
Examples:
  aitbc-miner config check                 is the configuration good?
  aitbc-miner run --config ./miner.conf    run the miner in this terminal
  sudo aitbc-miner status                  what is it doing, and why?
  sudo aitbc-miner doctor                  what is wrong, and what to do about it?
  journalctl -u aitbc-miner -f             follow the log of the service

Files:
  /etc/aitbc/miner.conf             configuration
  /var/lib/aitbc-miner/             journal of jobs, control socket, models (STATE_DIR)
  /var/log/aitbc-miner.log          log, one JSON object a line (LOG_FILE)
  /usr/share/doc/aitbc-miner/docs/  the pages that messages name, such as docs/service.md

Exit codes:
${Object.values(EXIT_CODES)
  .map(({ code, meaning }) => `  ${String(code).padStart(2)}  ${meaning}`)
  .join('\n')}
`

export interface CliOptions {
  /** The words after the program's name. */
  readonly args: readonly string[]
  readonly terminal: Terminal
  readonly environment: CommandContext['environment']
  readonly nowMs: () => number
}

/** Runs one command to its end and tells its exit code. Never rejects: errors are written to the terminal's `err`. */
export async function runCli({ args, ...rest }: CliOptions): Promise<number> {
  let exitCode: number = EXIT_CODES.OK.code
  const finish = (code: number): void => {
    exitCode = code
  }
  try {
    await buildProgram({ ...rest, finish }).parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.OK.code : EXIT_CODES.USAGE.code
    rest.terminal.err(renderError(error))
    return exitCodeOf(error)
  }
}

/** The commands and their options; also what the manual page and the completions are written from. */
export function buildProgram(context: CommandContext): Command {
  const { terminal } = context
  const program = new Command('aitbc-miner')
    .description('Takes AI jobs from a coordinator, runs them on this machine, proves them, gets paid.')
    .version(VERSION, '-V, --version', 'print the version')
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
    })
  addRunCommand(program, context)
  addStatusCommand(program, context)
  addDoctorCommand(program, context)
  addBenchCommand(program, context)
  addModelsCommand(program, context)
  addConfigCommand(program, context)
  addVersionCommand(program, context)
  pointToOwnHelp(program, program.name())
  return program
}

/** What is wrong with the words of a command is answered with where that command's help is. */
function pointToOwnHelp(command: Command, words: string): void {
  command.configureOutput({ outputError: (text, write) => write(renderUsageError(text, words)) })
  for (const inner of command.commands) pointToOwnHelp(inner, `${words} ${inner.name()}`)
}

/** Commander's `error: …`, and its guess at what was meant, in the form of all other errors. */
function renderUsageError(text: string, words: string): string {
  const [what = '', ...rest] = text
    .trimEnd()
    .replace(/^error: /, '')
    .split('\n')
  const advice = [...rest, `see: ${words} --help`].join('\n')
  return `aitbc-miner: ${what}\n${indent(advice)}\n`
}
