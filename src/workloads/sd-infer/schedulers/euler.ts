import { cleanSampleAtSigma } from './prediction.ts'
import type { SchedulerConfig } from './scheduler-config.ts'
import type { Scheduler } from './scheduler.ts'
import { sigmaRun } from './sigma-run.ts'

/**
 * Euler's method on the probability flow: Karras et al., arXiv:2206.00364, algorithm 2 without its correction and churn;
 * `EulerDiscreteScheduler` of diffusers.
 */
export class Euler implements Scheduler {
  readonly timesteps: readonly number[]
  readonly initialNoiseScale: number
  /** One more than there are steps. */
  readonly sigmas: readonly number[]
  readonly #config: SchedulerConfig

  constructor(config: SchedulerConfig, steps: number) {
    const run = sigmaRun(config, steps, { allowsKarras: true })
    this.#config = config
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
    const change = ((this.sigmas[step + 1] ?? 0) - sigma) / sigma
    const { ofSample, ofOutput } = cleanSampleAtSigma(this.#config.prediction_type, sigma)
    const sampleFactor = 1 + change * (1 - ofSample)
    const outputFactor = -change * ofOutput
    for (let i = 0; i < sample.length; i++) sample[i] = sampleFactor * (sample[i] ?? 0) + outputFactor * (output[i] ?? 0)
  }
}
