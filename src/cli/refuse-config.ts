import { accessSync, constants } from 'node:fs'
import type { ConfigProblem } from '../config/config-problem.ts'
import { errorCode } from '../domain/error-code.ts'
import type { Terminal } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { renderConfigFailure } from './render-config-report.ts'

/** Says on stderr why this configuration cannot be used, and what to do; returns the exit code of the command that needs it. */
export function refuseConfig(path: string, problems: readonly ConfigProblem[], terminal: Terminal): number {
  if (isForbidden(path)) {
    // Nothing is wrong with the file: only root and the service may read the key in it.
    terminal.err(`aitbc-miner: ${path} is not for this user to read\n  run the command with sudo\n`)
    return EXIT_CODES.PERMISSION.code
  }
  terminal.err(renderConfigFailure(problems))
  return EXIT_CODES.CONFIG.code
}

function isForbidden(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return false
  } catch (error) {
    return errorCode(error) === 'EACCES'
  }
}
