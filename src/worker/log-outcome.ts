import type { Outcome } from '../domain/outcome.ts'
import type { Logger } from '../domain/ports.ts'

/** The line with which a run ends in the log; whether the coordinator takes its outcome is told later. */
export function logOutcome(logger: Logger, outcome: Outcome): void {
  if (outcome.kind === 'proved') {
    logger.info('job done', {
      output_sha: outcome.output.sha256,
      bytes: outcome.output.sizeBytes,
      run_ms: outcome.metrics['run_ms'],
      tokens_per_s: roundIfThere(outcome.metrics['tokens_per_s']),
      steps_per_s: roundIfThere(outcome.metrics['steps_per_s']),
      energy_j: roundIfThere(outcome.metrics['energy_j']),
      gflops: roundIfThere(outcome.metrics['gflops']),
    })
    return
  }
  const attributes = { code: outcome.failure.code, reason: outcome.failure.message }
  if (outcome.failure.code === 'E_CANCELED') logger.info('job canceled', attributes)
  else logger.warn('job failed', attributes)
}

function roundIfThere(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 10) / 10
}
