/**
 * Writes the manual pages and the shell completions from the commands' own definitions and the table of keys.
 *
 *     npm run man-pages               writes them
 *     npm run man-pages -- --check    only compares, and ends with 1 when one is out of date
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { VERSION } from '../src/cli/version.ts'
import { bashCompletion } from './man-pages/bash-completion.ts'
import { commandTree } from './man-pages/command-tree.ts'
import { confPage } from './man-pages/conf-page.ts'
import { fishCompletion } from './man-pages/fish-completion.ts'
import { minerPage } from './man-pages/miner-page.ts'
import { zshCompletion } from './man-pages/zsh-completion.ts'

const ROOT = new URL('../', import.meta.url)
/** Of the words that are written by hand. */
const DATE = '2026-11-21'

/** The text of each generated file, by its path from the root of the project. */
export function renderManPages(): ReadonlyMap<string, string> {
  const tree = commandTree()
  return new Map([
    ['packaging/man/aitbc-miner.1', minerPage(tree, VERSION, DATE)],
    ['packaging/man/miner.conf.5', confPage(VERSION, DATE)],
    ['packaging/completion/aitbc-miner.bash', bashCompletion(tree)],
    ['packaging/completion/aitbc-miner.zsh', zshCompletion(tree)],
    ['packaging/completion/aitbc-miner.fish', fishCompletion(tree)],
  ])
}

function readFromRoot(path: string): string | null {
  try {
    return readFileSync(new URL(path, ROOT), 'utf8')
  } catch {
    return null
  }
}

if (import.meta.main) {
  const pages = renderManPages()
  const outdated = [...pages].filter(([path, text]) => readFromRoot(path) !== text).map(([path]) => path)
  if (process.argv.includes('--check')) {
    for (const path of outdated) process.stderr.write(`${path} differs from the commands and keys; run: npm run man-pages\n`)
    process.exitCode = outdated.length === 0 ? 0 : 1
  } else {
    for (const [path, text] of pages) writeFileSync(new URL(path, ROOT), text)
    process.stdout.write(outdated.length === 0 ? 'nothing to write\n' : `wrote ${outdated.join(', ')}\n`)
  }
}
