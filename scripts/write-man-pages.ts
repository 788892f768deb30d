/**
 * Writes the manual pages and the shell completions from the commands' own definitions and the table of keys.
 *
 *     npm run man-pages               writes them
 *     npm run man-pages -- --check    only compares, and ends with 1 when one is out of date
 */
import { VERSION } from '../src/cli/version.ts'
import { writeOrCheck } from './generated-files.ts'
import type { GeneratedFiles } from './generated-files.ts'
import { bashCompletion } from './man-pages/bash-completion.ts'
import { commandTree } from './man-pages/command-tree.ts'
import { confPage } from './man-pages/conf-page.ts'
import { fishCompletion } from './man-pages/fish-completion.ts'
import { minerPage } from './man-pages/miner-page.ts'
import { zshCompletion } from './man-pages/zsh-completion.ts'

/** Of the words that are written by hand. */
const DATE = '2026-11-21'

/** A page for the command and one for its configuration, and a completion for each shell. */
export function renderManPages(): GeneratedFiles {
  const tree = commandTree()
  return new Map([
    ['packaging/man/aitbc-miner.1', minerPage(tree, VERSION, DATE)],
    ['packaging/man/miner.conf.5', confPage(VERSION, DATE)],
    ['packaging/completion/aitbc-miner.bash', bashCompletion(tree)],
    ['packaging/completion/aitbc-miner.zsh', zshCompletion(tree)],
    ['packaging/completion/aitbc-miner.fish', fishCompletion(tree)],
  ])
}

if (import.meta.main) writeOrCheck(renderManPages(), 'the commands and keys', 'npm run man-pages')
