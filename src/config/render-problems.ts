import type { ConfigProblem } from './config-problem.ts'
import { ENVIRONMENT_PREFIX } from './raw-config.ts'

/**
 * The problems as lines for a terminal, each `file:line: severity: KEY: what is wrong` with what to do on the next line,
 * indented. Ends with a line break unless there is none.
 */
export function renderProblems(problems: readonly ConfigProblem[]): string {
  return problems.map(renderProblem).join('')
}

function renderProblem({ file, line, severity, key, message }: ConfigProblem): string {
  const place = file === null ? 'environment' : file + (line === null ? '' : `:${line}`)
  const name = file === null && key !== null ? ENVIRONMENT_PREFIX + key : key
  const [what, ...remedy] = message.split('; ')
  const head = [place, severity, ...(name === null ? [] : [name]), what].join(': ')
  return remedy.length === 0 ? `${head}\n` : `${head}\n    ${remedy.join('; ')}\n`
}
