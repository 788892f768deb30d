import type { SchedulerConfig } from './scheduler-config.ts'
import { finalSigma, karrasSigmas, sigmaAt, timestepAt, trainingSigmas } from './sigma-schedule.ts'
import { spacedTimesteps } from './timesteps.ts'

/** The noise levels of a run: one for each step, and the last one after it. */
export interface SigmaRun {
  readonly timesteps: readonly number[]
  readonly sigmas: readonly number[]
  readonly initialNoiseScale: number
}

/** How `EulerDiscreteScheduler` and its ancestral sister lay out a run; the latter knows no Karras sigmas. */
export function sigmaRun(config: SchedulerConfig, steps: number, options: { readonly allowsKarras: boolean }): SigmaRun {
  const training = trainingSigmas(config)
  const spacing = config.timestep_spacing ?? 'linspace'
  const { num_train_timesteps: trainTimesteps, steps_offset: stepsOffset } = config
  const spaced = spacedTimesteps({ spacing, steps, trainTimesteps, stepsOffset })
  const levels = spaced.map((timestep) => sigmaAt(training, timestep))
  const first = levels[0] ?? 0
  const isKarras = options.allowsKarras && config.use_karras_sigmas === true
  const sigmas = isKarras ? karrasSigmas(first, levels.at(-1) ?? 0, steps) : levels
  return {
    timesteps: isKarras ? sigmas.map((sigma) => timestepAt(training, sigma)) : spaced,
    sigmas: [...sigmas, finalSigma(config, training)],
    initialNoiseScale: spacing === 'leading' ? Math.sqrt(first * first + 1) : first,
  }
}
