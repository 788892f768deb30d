import type { NoiseSource } from '../noise/gaussian-noise.ts'

/** Leads a sample from noise to a picture, in steps numbered from 0. Computes in float64 and stores float32, all in place. */
export interface Scheduler {
  /** What the network is told at each step: places in its training schedule, falling, possibly between two. */
  readonly timesteps: readonly number[]
  /** What standard normal noise is multiplied with to be the first sample. */
  readonly initialNoiseScale: number
  /** What the sample is multiplied with before the network sees it at this step. */
  inputScale(step: number): number
  /** Replaces `sample` by the next one. `output` is what the network predicted at this step. */
  step(step: number, sample: Float32Array, output: Float32Array): void
}

export interface SchedulerDeps {
  /** Stream `n + 1` is for step `n`. Only stochastic schedulers take from it. */
  readonly noise: NoiseSource
}
