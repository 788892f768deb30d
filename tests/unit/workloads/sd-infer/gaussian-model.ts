import { denoise } from '../../../../src/workloads/sd-infer/denoise.ts'
import type { SchedulerConfig } from '../../../../src/workloads/sd-infer/schedulers/scheduler-config.ts'
import { schedulerConfig } from '../../../../src/workloads/sd-infer/schedulers/scheduler-config.ts'
import type { Scheduler } from '../../../../src/workloads/sd-infer/schedulers/scheduler.ts'
import { sigmaAt, trainingSigmas } from '../../../../src/workloads/sd-infer/schedulers/sigma-schedule.ts'

/** Mean and standard deviation of the data that the perfect network of these tests was trained on. */
export const MEAN = 2
export const DEVIATION = 0.5

/** The schedule of Stable Diffusion, but for what the test is about. */
export function configWith(settings: object = {}): SchedulerConfig {
  return schedulerConfig.parse({ beta_schedule: 'scaled_linear', set_alpha_to_one: true, ...settings })
}

/**
 * A network that predicts as well as can be on normally distributed data, in whatever form the configuration asks for:
 * for a sample `a·x0 + s·e` the best guess at `e` is `s · (sample - a·MEAN) / (a²·DEVIATION² + s²)`.
 */
export function perfectNetwork(
  config: SchedulerConfig,
): (latents: Float32Array, scale: number, timestep: number) => Promise<Float32Array> {
  const sigmas = trainingSigmas(config)
  return (latents, scale, timestep) => {
    const sigma = sigmaAt(sigmas, timestep)
    const signal = 1 / Math.sqrt(sigma * sigma + 1)
    const noise = sigma * signal
    const guesses = latents.map((value) => {
      const sample = value * scale
      const epsilon = (noise * (sample - signal * MEAN)) / (signal ** 2 * DEVIATION ** 2 + noise ** 2)
      const clean = (sample - noise * epsilon) / signal
      if (config.prediction_type === 'epsilon') return epsilon
      return config.prediction_type === 'sample' ? clean : signal * epsilon - noise * clean
    })
    return Promise.resolve(guesses)
  }
}

/** Where the probability flow leads a first sample of this scheduler, by its exact solution: each keeps its place in the distribution. */
export function exactEnd(config: SchedulerConfig, scheduler: Scheduler, noise: number): number {
  const sigma = sigmaAt(trainingSigmas(config), scheduler.timesteps[0] ?? 0)
  const signal = 1 / Math.sqrt(sigma * sigma + 1)
  const sample = noise * scheduler.initialNoiseScale * scheduler.inputScale(0)
  const place = (sample - signal * MEAN) / Math.sqrt(signal ** 2 * DEVIATION ** 2 + (sigma * signal) ** 2)
  return MEAN + DEVIATION * place
}

/** Runs a scheduler with the perfect network. */
export async function run(config: SchedulerConfig, scheduler: Scheduler, noise: Float32Array): Promise<Float32Array> {
  const latents = noise.slice()
  const signal = new AbortController().signal
  await denoise({ scheduler, predict: perfectNetwork(config), latents, signal, onStep: () => {} })
  return latents
}

/** Largest distance from the exact end, for noise from -2 to 2. */
export async function largestError(config: SchedulerConfig, scheduler: Scheduler): Promise<number> {
  const noise = Float32Array.of(-2, -1, -0.3, 0, 0.5, 1, 2)
  const ends = await run(config, scheduler, noise)
  return Math.max(...ends.map((end, i) => Math.abs(end - exactEnd(config, scheduler, noise[i] ?? 0))))
}
