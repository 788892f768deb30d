import type { Command, Option } from 'commander'
import { buildProgram } from '../../src/cli/run-cli.ts'

/** An option as pages and completions tell of it. */
export interface OptionFact {
  /** E.g. `-c`; null when it has none. */
  readonly short: string | null
  readonly long: string
  /** What stands for its value; null when it takes none. */
  readonly value: string | null
  readonly description: string
  readonly defaultValue: string | null
}

/** A command that does something, such as `models pull`. */
export interface CommandFact {
  /** Its words after the program's name. */
  readonly path: readonly string[]
  readonly description: string
  /** E.g. `<names...>`. */
  readonly args: readonly string[]
  readonly options: readonly OptionFact[]
  /** What its help says after the options. */
  readonly helpText: string
}

/** A command that stands for several, such as `models`. */
export interface GroupFact {
  readonly path: readonly string[]
  readonly description: string
  readonly helpText: string
}

export interface CommandTree {
  readonly commands: readonly CommandFact[]
  readonly groups: readonly GroupFact[]
}

/** Every command of aitbc-miner, in the order of its help. */
export function commandTree(): CommandTree {
  const silent = { out: () => {}, err: () => {}, hasColors: false }
  const program = buildProgram({
    terminal: silent,
    environment: { env: {}, hostname: 'localhost' },
    nowMs: () => 0,
    finish: () => {},
  })
  const commands: CommandFact[] = []
  const groups: GroupFact[] = []
  const visit = (command: Command, path: readonly string[]): void => {
    const fact = { path, description: command.description(), helpText: textAfterHelp(command) }
    if (command.commands.length > 0) groups.push(fact)
    else commands.push({ ...fact, args: argumentsOf(command), options: command.options.map(optionFact) })
    for (const child of command.commands) visit(child, [...path, child.name()])
  }
  for (const command of program.commands) visit(command, [command.name()])
  return { commands, groups }
}

function argumentsOf(command: Command): string[] {
  return command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
}

function optionFact({ short, long, flags, description, defaultValue }: Option): OptionFact {
  const fallback: unknown = defaultValue
  return {
    short: short ?? null,
    long: long ?? flags,
    value: /<([^>]+)>/.exec(flags)?.[1] ?? null,
    description,
    defaultValue: typeof fallback === 'string' ? fallback : null,
  }
}

/** What was added to the help that commander makes by itself. */
function textAfterHelp(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part) })
  command.outputHelp()
  return text.slice(command.helpInformation().length).trim()
}
