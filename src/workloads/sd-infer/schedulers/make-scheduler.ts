import { JobFailureError } from '../../../domain/failure-codes.ts'
import type { SchedulerName } from '../schema.ts'
import { Ddim } from './ddim.ts'
import { DpmSolver } from './dpm-solver.ts'
import { EulerAncestral } from './euler-ancestral.ts'
import { Euler } from './euler.ts'
import { Lcm } from './lcm.ts'
import type { SchedulerConfig } from './scheduler-config.ts'
import type { Scheduler, SchedulerDeps } from './scheduler.ts'

/**
 * The scheduler of a job over the model's own schedule. Throws `E_INVALID` for more steps than the schedule has, and `E_UNSUPPORTED`
 * where the scheduler cannot stand on the schedule.
 */
export function makeScheduler(name: SchedulerName, config: SchedulerConfig, steps: number, deps: SchedulerDeps): Scheduler {
  const { num_train_timesteps: trainTimesteps, original_inference_steps: distilledSteps } = config
  const most = name === 'lcm' ? Math.min(distilledSteps, trainTimesteps) : trainTimesteps
  if (steps > most) {
    throw new JobFailureError('E_INVALID', `scheduler ${name} takes at most ${most} steps with this model, not ${steps}`)
  }
  if ((name === 'ddim' || name === 'lcm') && config.rescale_betas_zero_snr && config.prediction_type === 'epsilon') {
    throw new JobFailureError(
      'E_UNSUPPORTED',
      `scheduler ${name} cannot start where there is no signal at all, as this model's schedule does: use euler, euler_a or dpmpp_2m`,
    )
  }
  switch (name) {
    case 'ddim':
      return new Ddim(config, steps)
    case 'euler':
      return new Euler(config, steps)
    case 'euler_a':
      return new EulerAncestral(config, steps, deps)
    case 'dpmpp_2m':
      return new DpmSolver(config, steps)
    case 'lcm':
      return new Lcm(config, steps, deps)
    default:
      return name satisfies never
  }
}
