import type { ConfigProblem } from '../config/config-problem.ts'
import { renderProblems } from '../config/render-problems.ts'
import { indent } from './render-error.ts'

/** What goes to stderr when a configuration cannot be used. */
export function renderConfigFailure(problems: readonly ConfigProblem[]): string {
  const warnings = problems.filter(({ severity }) => severity === 'warning').length
  const counts = [count(problems.length - warnings, 'error'), ...(warnings === 0 ? [] : [count(warnings, 'warning')])]
  return `aitbc-miner: the configuration has ${counts.join(' and ')}\n${indent(renderProblems(problems))}`
}

/** What goes to stdout when a configuration is good, perhaps with warnings. */
export function renderConfigSuccess(path: string, warnings: readonly ConfigProblem[]): string {
  if (warnings.length === 0) return `${path} is valid\n`
  return `${path} is valid, with ${count(warnings.length, 'warning')}\n${indent(renderProblems(warnings))}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
