import type { NoiseSource } from '../noise/gaussian-noise.ts'
import { cleanSampleAtSigma } from './prediction.ts'
import type { SchedulerConfig } from './scheduler-config.ts'
import type { Scheduler, SchedulerDeps } from './scheduler.ts'
import { sigmaRun } from './sigma-run.ts'

/**
 * Euler's method that steps further down than asked and adds fresh noise to come up again: `sample_euler_ancestral` of
 * Crowson's k-diffusion; `EulerAncestralDiscreteScheduler` of diffusers.
 */
export class EulerAncestral implements Scheduler {
  readonly timesteps: readonly number[]
  readonly initialNoiseScale: number
  /** One more than there are steps. */
  readonly sigmas: readonly number[]
  readonly #config: SchedulerConfig
  readonly #noise: NoiseSource
  #fresh = new Float32Array()

  constructor(config: SchedulerConfig, steps: number, { noise }: SchedulerDeps) {
    const run = sigmaRun({ ...config, final_sigmas_type: 'zero' }, steps, { allowsKarras: false })
    this.#config = config
    this.#noise = noise
    this.timesteps = run.timesteps
    this.sigmas = run.sigmas
    this.initialNoiseScale = run.initialNoiseScale
  }

  inputScale(step: number): number {
    const sigma = this.sigmas[step] ?? 0
    return 1 / Math.sqrt(sigma * sigma + 1)
  }

  step(step: number, sample: Float32Array, output: Float32Array): void {
    const sigma = this.sigmas[step] ?? 0
    const next = this.sigmas[step + 1] ?? 0
    const sigmaUp = (next / sigma) * Math.sqrt(sigma * sigma - next * next)
    const sigmaDown = (next * next) / sigma
    const change = (sigmaDown - sigma) / sigma
    const { ofSample, ofOutput } = cleanSampleAtSigma(this.#config.prediction_type, sigma)
    const sampleFactor = 1 + change * (1 - ofSample)
    const outputFactor = -change * ofOutput
    if (this.#fresh.length !== sample.length) this.#fresh = new Float32Array(sample.length)
    const fresh = this.#fresh
    if (sigmaUp > 0) this.#noise.write(fresh, step + 1)
    for (let i = 0; i < sample.length; i++) {
      sample[i] = sampleFactor * (sample[i] ?? 0) + outputFactor * (output[i] ?? 0) + sigmaUp * (fresh[i] ?? 0)
    }
  }
}
