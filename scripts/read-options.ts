import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'

/**
 * The arguments of a script, as `parseArgs` gives them. `--help` prints the usage and ends the process with 0; arguments that do not fit
 * end it with 2, after what is wrong with them.
 */
export function readOptions<const T extends ParseArgsConfig>(usage: string, config: T): ReturnType<typeof parseArgs<T>> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(usage)
    process.exit(0)
  }
  try {
    return parseArgs(config)
  } catch (error) {
    return refuseArguments(usage, error instanceof Error ? error.message : String(error))
  }
}

/** Ends the process with 2: the arguments are wrong for the reason given. */
export function refuseArguments(usage: string, reason: string): never {
  process.stderr.write(`${reason}\n${usage}`)
  process.exit(2)
}
