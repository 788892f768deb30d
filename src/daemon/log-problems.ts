import type { ConfigProblem } from '../config/config-problem.ts'
import type { Logger } from '../domain/ports.ts'

/** Tells each problem of the configuration, with its place. */
export function logProblems(logger: Logger, problems: readonly ConfigProblem[]): void {
  for (const { severity, key, file, line, message } of problems) {
    logger[severity === 'error' ? 'error' : 'warn']('configuration', {
      key,
      at: file === null ? 'environment' : `${file}${line === null ? '' : `:${line}`}`,
      problem: message,
    })
  }
}
