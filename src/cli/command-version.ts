import type { Command } from 'commander'

import type { CommandContext } from './command-context.ts'
import { VERSION } from './version.ts'

export function addVersionCommand(program: Command, { terminal }: CommandContext): void {
  program
    .command('version')
    .description('print the version')
    .action(() => terminal.out(`${VERSION}\n`))
}
