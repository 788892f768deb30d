import type { LoadedConfig } from '../../config/load-config.ts'
import type { ConfigProblem } from '../../config/config-problem.ts'
import { ENVIRONMENT_PREFIX } from '../../config/raw-config.ts'
import { failed, good, warning } from './finding.ts'
import type { Finding } from './finding.ts'

/** Everything that is wrong in the configuration; a key that still holds a placeholder counts as wrong, since the miner waits for it. */
export function checkConf(file: string, loaded: LoadedConfig): readonly Finding[] {
  if (!loaded.ok) return loaded.problems.map((problem) => findingOf(problem, file, problem.severity === 'error'))
  const waitsFor = new Set<string>(loaded.config.notConfigured)
  const findings = loaded.warnings.map((problem) => findingOf(problem, file, problem.key !== null && waitsFor.has(problem.key)))
  return findings.length === 0 ? [good(`${file} is valid`)] : findings
}

function findingOf({ key, line, file, message }: ConfigProblem, conf: string, isFailure: boolean): Finding {
  const [what = '', ...advice] = message.split('; ')
  const place = file === null ? `environment, ${ENVIRONMENT_PREFIX}${key ?? ''}` : `${file}${line === null ? '' : `:${line}`}`
  const found = [place, ...(key === null || file === null ? [] : [key]), what].join(': ')
  const remedy = advice.length === 0 ? `change it in ${conf}` : advice.join('; ')
  return isFailure ? failed(found, remedy) : warning(found, remedy)
}
